import type { MoveApplication, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const moveApplication = (_ctx: Ctx, _input: MoveApplication): Promise<Output<'application.move'>> => unfinished()
