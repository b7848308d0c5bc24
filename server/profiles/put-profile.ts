import type { Output, PutProfile } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const putProfile = (_ctx: Ctx, _input: PutProfile): Promise<Output<'profile.put'>> => unfinished()
