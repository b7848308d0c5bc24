import type { CreateCampaign, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const createCampaign = (_ctx: Ctx, _input: CreateCampaign): Promise<Output<'campaign.create'>> => unfinished()
