import type { ApplicationCard } from '../../contract/applications/schema.ts'
import type { CampaignCard } from '../../contract/campaigns/schema.ts'

/**
 * An item. While `pending` is true a change of ours is on its way, and it is shown as it will be, with the version that it has until then.
 * While it is false that is done, and the hub has not told the moment of it (`changedAt`) yet.
 */
export type Pending<T> = T & { readonly pending?: boolean }

/** What lists are of. A listing is a campaign as creators find it. */
export type Topic = 'brand' | 'campaign' | 'listing' | 'application'
/** What is said of a market: a card as it now is, a brand whose team or words changed, or what we did: kept something, or did what no card tells. */
export type Said =
  | { readonly campaign: Pending<CampaignCard> }
  | { readonly application: Pending<ApplicationCard> }
  | { readonly brand: string }
  | { readonly saved: boolean; readonly campaignId: string; readonly pending?: boolean }
  | { readonly done: Topic }

/** Whose card is said. */
export function cardIn(said: Said): { id: string; version: number; pending?: boolean } | null {
  if ('application' in said) return { ...said.application, id: said.application.applicationId }
  return 'campaign' in said ? { ...said.campaign, id: said.campaign.campaignId } : null
}
/** The higher, the newer: what is expected, or answered, is newer than the version before, and older than what the hub tells of the next. */
export const rankOf = ({ version, pending }: Pending<{ readonly version: number }>): number =>
  pending === undefined ? version : version + (pending ? 0.5 : -0.5)
