import type { InviteCreator, Output, RedeemCode } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const inviteCreator = (_ctx: Ctx, _input: InviteCreator): Promise<Output<'campaign.invite'>> => unfinished()

export const uninviteCreator = (_ctx: Ctx, _input: InviteCreator): Promise<Output<'campaign.uninvite'>> => unfinished()

export const redeemCode = (_ctx: Ctx, _input: RedeemCode): Promise<Output<'campaign.redeem'>> => unfinished()
