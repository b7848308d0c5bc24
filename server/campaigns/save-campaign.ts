import type { Output, SaveCampaign } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const saveCampaign = (_ctx: Ctx, _input: SaveCampaign): Promise<Output<'campaign.save'>> => unfinished()
