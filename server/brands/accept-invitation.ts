import type { AcceptInvitation, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const acceptInvitation = (_ctx: Ctx, _input: AcceptInvitation): Promise<Output<'brand.acceptInvitation'>> => unfinished()
