import type { InviteToBrand, Output, RevokeInvitation } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const inviteToBrand = (_ctx: Ctx, _input: InviteToBrand): Promise<Output<'brand.invite'>> => unfinished()

export const revokeInvitation = (_ctx: Ctx, _input: RevokeInvitation): Promise<Output<'brand.revokeInvitation'>> => unfinished()
