import type { MoveApplications, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const moveApplications = (_ctx: Ctx, _input: MoveApplications): Promise<Output<'application.moveMany'>> => unfinished()
