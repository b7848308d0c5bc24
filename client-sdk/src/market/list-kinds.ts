import type { ApplicationCard } from '../../contract/applications/schema.ts'
import type { Brand } from '../../contract/brands/schema.ts'
import type { CampaignCard, CampaignListing } from '../../contract/campaigns/schema.ts'
import type { ApplicationFilter, CampaignFilter, DiscoverFilter } from './filters.ts'
import type { Effect, ListKind } from './list.ts'
import { type Pending, rankOf } from './said.ts'
import { applicationSorts, changed } from './sorts.ts'

type Pages<T> = ListKind<T>['page']
type Find<T> = (id: string) => T | undefined
type Said = Parameters<ListKind<unknown>['effect']>[0]
type Listing = Pending<CampaignListing>
const campaignOf = ({ campaignId }: CampaignCard): string => campaignId

/** Whether a value is among the wanted ones, where any are wanted. */
const isWanted = (wanted: readonly string[] | undefined, values: readonly string[]): boolean =>
  !wanted?.length || values.some((value) => wanted.includes(value))

/** A card that is not known yet, or newer than the known one: `fits` says whether it belongs here, null where that only the hub knows. */
function byCard<T extends Pending<{ version: number }>>(card: T, known: T | undefined, fits: boolean | null): Effect<T> {
  if (known && rankOf(known) >= rankOf(card)) return null
  if (fits === false) return known ? { drop: known } : null
  if (fits === null) return known ? { put: card, stale: true } : 'stale'
  return { put: card, sorted: true }
}

type Fits = (card: CampaignCard) => boolean | null
function byListing(said: Said, find: Find<Listing>, fits: Fits): Effect<Listing> {
  if ('campaign' in said) {
    const { campaign } = said
    const known = find(campaign.campaignId)
    return byCard({ saved: false, applicationId: null, ...known, pending: undefined, ...campaign }, known, fits(campaign))
  }
  if ('application' in said) {
    const { campaignId, applicationId } = said.application
    const known = find(campaignId)
    return known && known.applicationId !== applicationId ? { put: { ...known, applicationId } } : null
  }
  if (!('saved' in said)) return null
  const { campaignId, ...flag } = said
  const known = find(campaignId)
  return known && known.saved !== flag.saved ? { put: { ...known, ...flag } } : null
}

/** What surely does not fit is not in it. What is the creator's own, words, places within places and the order are the hub's to judge. */
export function discovered(page: Pages<Listing>, filter: DiscoverFilter): ListKind<Listing> {
  const { platform, category, language, currency, budget = 0 } = filter
  const fits: Fits = ({ state, platforms, categories, languages, budget: paid }) =>
    state === 'open' &&
    isWanted(platform, platforms) &&
    isWanted(category, categories) &&
    isWanted(language, languages) &&
    (currency === undefined || paid?.currency === currency) &&
    (paid?.max ?? 0) >= budget &&
    null
  return { of: 'listing', page, idOf: campaignOf, effect: (said, find) => byListing(said, find, fits) }
}

/** What is kept stays, whatever becomes of it. */
export const saved = (page: Pages<Listing>): ListKind<Listing> => ({
  of: 'listing',
  page,
  idOf: campaignOf,
  effect: (said, find) => {
    if (!('saved' in said)) return byListing(said, find, ({ campaignId }) => find(campaignId) !== undefined)
    const known = find(said.campaignId)
    if (said.saved) return known ? null : 'stale'
    return known ? { drop: known } : null
  },
})

type OwnCampaign = Pending<CampaignCard>
export const campaignsOf = (page: Pages<OwnCampaign>, brandId: string, { state, q }: CampaignFilter): ListKind<OwnCampaign> => ({
  of: 'campaign',
  page,
  idOf: campaignOf,
  compare: changed,
  effect: (said, find) => {
    if ('brand' in said) return said.brand === brandId ? 'stale' : null
    if (!('campaign' in said)) return null
    const { campaign } = said
    const isOurs = campaign.brand.brandId === brandId && isWanted(state, [campaign.state])
    return byCard(campaign, find(campaign.campaignId), isOurs && (q === undefined || null))
  },
})

/** Whose applications: of a campaign, of a brand, or a creator's own; these are all that a creator hears of. */
export type Owner = { campaignId: string } | { brandId: string } | null
type Applied = Pending<ApplicationCard>
export function applicationsOf(page: Pages<Applied>, owner: Owner, { state, sort = 'newest' }: ApplicationFilter): ListKind<Applied> {
  const isOwn = ({ campaignId, brand }: ApplicationCard) =>
    owner === null || ('campaignId' in owner ? owner.campaignId === campaignId : owner.brandId === brand.brandId)
  return {
    of: 'application',
    page,
    idOf: ({ applicationId }) => applicationId,
    compare: applicationSorts[sort],
    effect: (said, find) => {
      if ('brand' in said) return owner !== null && ('campaignId' in owner || owner.brandId === said.brand) ? 'stale' : null
      if (!('application' in said)) return null
      const { application } = said
      return byCard(application, find(application.applicationId), isOwn(application) && isWanted(state, [application.state]))
    },
  }
}

/** A brand has no card: what changed in it is read again. */
export const brandsOf = (page: Pages<Brand>): ListKind<Brand> => ({
  of: 'brand',
  page,
  idOf: ({ brandId }) => brandId,
  effect: (said) => ('brand' in said ? 'stale' : null),
})
