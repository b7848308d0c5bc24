import type { CopyCampaign, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const copyCampaign = (_ctx: Ctx, _input: CopyCampaign): Promise<Output<'campaign.copy'>> => unfinished()
