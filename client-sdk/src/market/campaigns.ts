import type { Campaign, CampaignCard, CampaignFields, CampaignListing, CampaignPlace } from '../../contract/campaigns/schema.ts'
import type { CampaignFilter, DiscoverFilter } from './filters.ts'
import { type MarketHost, pagesOf, telling } from './host.ts'
import { ListClient, type LiveList } from './list.ts'
import { campaignsOf, discovered, saved } from './list-kinds.ts'
import { type CampaignRef, type Deadlines, moveCampaign, saveCampaign } from './moves.ts'
import { pathOf } from './paths.ts'
import type { Pending } from './said.ts'
import { isCampaign, isCampaigns, isListings } from './shapes.ts'

/**
 * Campaigns. What is changed is changed as the version that was read: if it is another by now, that rejects with `resource.stale`.
 * Orders wait for the connection, and are done once.
 */
export interface Campaigns {
  /** All of a campaign, as we may see it. */
  get(campaignId: string): Promise<Campaign>
  /** A new draft; what is left out is blank. With `opensAt` it is published by itself at that moment, if nothing is missing by then. */
  create(brandId: string, fields: Pick<CampaignFields, 'title'> & Partial<CampaignFields>): Promise<CampaignPlace>
  /** What is left out stays. `opensAt` is a draft's alone: of anything else that rejects with `campaign.illegalMove`. */
  update(campaign: CampaignRef, fields: Partial<CampaignFields>): Promise<CampaignPlace>
  /** Rejects with `campaign.incomplete`, whose message says what is missing. */
  publish(campaign: CampaignRef): Promise<CampaignPlace>
  /** Takes no applications until `resume`. */
  pause(campaign: CampaignRef): Promise<CampaignPlace>
  /** Takes applications again. */
  resume(campaign: CampaignRef): Promise<CampaignPlace>
  /** Takes no more applications. */
  close(campaign: CampaignRef): Promise<CampaignPlace>
  /** Takes applications again, until a later deadline. */
  reopen(campaign: CampaignRef, deadlines: Deadlines): Promise<CampaignPlace>
  /** Ends it, and declines what is open. For owners. */
  cancel(campaign: CampaignRef, reason: string): Promise<CampaignPlace>
  /** A new draft with the same content, without its dates. */
  copy(campaignId: string): Promise<CampaignPlace>
  /** Whether we keep it among our own. */
  save(campaignId: string, saved: boolean): Promise<Pick<Campaign, 'campaignId'>>
  /** Shows it to the creator of this address. */
  invite(campaignId: string, email: string): Promise<Pick<Campaign, 'campaignId'>>
  /** Shows it to them no more. */
  uninvite(campaignId: string, email: string): Promise<Pick<Campaign, 'campaignId'>>
  /** Lets us see the campaign whose code this is. Rejects with `resource.notFound` for a code of none. */
  redeem(code: string): Promise<Pick<Campaign, 'campaignId'>>
  /** For creators: what is open and may be seen. */
  discover(filter?: DiscoverFilter): LiveList<Pending<CampaignListing>>
  /** For its team: the last changed first. */
  ofBrand(brandId: string, filter?: CampaignFilter): LiveList<Pending<CampaignCard>>
  /** Those that we keep, the last kept first. */
  saved(): LiveList<Pending<CampaignListing>>
}

export function campaignsOn(host: MarketHost): Campaigns {
  const { orders, ports } = host
  const changed = (order: Promise<CampaignPlace>) => telling(host, order, { done: 'campaign' })
  return {
    get: (campaignId) => ports.get(pathOf(['campaigns', campaignId]), isCampaign),
    create: (brandId, fields) => changed(orders.order('campaign.create', { ...fields, brandId })),
    update: ({ campaignId, version }, fields) => changed(orders.order('campaign.update', { ...fields, campaignId, version })),
    publish: (campaign) => moveCampaign(host, 'publish', campaign),
    pause: (campaign) => moveCampaign(host, 'pause', campaign),
    resume: (campaign) => moveCampaign(host, 'resume', campaign),
    close: (campaign) => moveCampaign(host, 'close', campaign),
    reopen: (campaign, deadlines) => moveCampaign(host, 'reopen', campaign, deadlines),
    cancel: (campaign, reason) => moveCampaign(host, 'cancel', campaign, { reason }),
    copy: (campaignId) => changed(orders.order('campaign.copy', { campaignId })),
    save: (campaignId, isSaved) => saveCampaign(host, campaignId, isSaved),
    invite: (campaignId, email) => orders.order('campaign.invite', { campaignId, email }),
    uninvite: (campaignId, email) => orders.order('campaign.uninvite', { campaignId, email }),
    redeem: (code) => telling(host, orders.order('campaign.redeem', { code }), { done: 'listing' }),
    discover: (filter = {}) => new ListClient(host, discovered(pagesOf(host, isListings, ['campaigns'], filter), filter)),
    ofBrand: (brandId, filter = {}) =>
      new ListClient(host, campaignsOf(pagesOf(host, isCampaigns, ['brands', brandId, 'campaigns'], filter), brandId, filter)),
    saved: () => new ListClient(host, saved(pagesOf(host, isListings, ['me', 'saved-campaigns']))),
  }
}
