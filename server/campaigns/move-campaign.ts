import type { MoveCampaign, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const moveCampaign = (_ctx: Ctx, _input: MoveCampaign): Promise<Output<'campaign.move'>> => unfinished()
