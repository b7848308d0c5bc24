import {
  type Campaign,
  type CampaignId,
  type Guest,
  InviteCreator,
  type Page,
  type PageOf,
  ParleyError,
} from '../../client-sdk/contract/index.ts'
import { guestsOf } from '../../persistence/campaigns/guests.ts'
import { campaignFor } from '../../persistence/campaigns.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller } from '../ctx.ts'
import { asViewer } from '../market/authorise.ts'

/** All of a campaign as the caller may see it. */
export async function getCampaign(ctx: Ctx, { campaignId }: { campaignId: CampaignId }): Promise<Campaign> {
  const campaign = await campaignFor(ctx.db.pool, campaignId, caller(ctx).userId)
  if (!campaign) throw notFound('campaign')
  return campaign
}

/** Whom it is shown to besides everybody, by address; for its team. A cursor is the last address. */
export async function listGuests(ctx: Ctx, { campaignId, limit, cursor }: Page & { campaignId: CampaignId }): Promise<PageOf<Guest>> {
  const after = cursor === undefined ? null : addressIn(cursor)
  await asViewer(ctx, 'viewBrand', campaignId)
  const guests = await guestsOf(ctx.db.pool, campaignId, after, limit + 1)
  await asViewer(ctx, 'viewBrand', campaignId) // nobody sees what was committed after their removal
  const items = guests.slice(0, limit)
  return { items, cursor: guests.length > limit ? Buffer.from(items.at(-1)!.email).toString('base64url') : null }
}

/** Throws `request.invalid` for what is none. */
function addressIn(cursor: string): string {
  const email = InviteCreator.shape.email.safeParse(Buffer.from(cursor, 'base64url').toString())
  if (!email.success) throw new ParleyError('request.invalid', 'cursor: is none of this list')
  return email.data
}
