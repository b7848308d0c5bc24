import type { Output, PutEntry } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const putEntry = (_ctx: Ctx, _input: PutEntry): Promise<Output<'catalogue.put'>> => unfinished()
