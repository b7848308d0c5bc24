import type { Output, UpdateCampaign } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const updateCampaign = (_ctx: Ctx, _input: UpdateCampaign): Promise<Output<'campaign.update'>> => unfinished()
