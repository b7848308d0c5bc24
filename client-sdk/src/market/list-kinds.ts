import type { ApplicationCard } from '../../contract/applications/schema.ts'
import type { Brand } from '../../contract/brands/schema.ts'
import type { CampaignCard, CampaignListing } from '../../contract/campaigns/schema.ts'
import type { ApplicationFilter, CampaignFilter, DiscoverFilter } from './filters.ts'
import type { Effect, ListKind } from './list.ts'
import type { Said } from './live.ts'
import { applicationSorts, changed } from './sorts.ts'

type Pages<T> = ListKind<T>['page']
type Find<T> = (id: string) => T | undefined
const campaignOf = ({ campaignId }: CampaignCard): string => campaignId

/** Whether a value is among the wanted ones, where any are wanted. */
const isWanted = (wanted: readonly string[] | undefined, values: readonly string[]): boolean =>
  !wanted?.length || values.some((value) => wanted.includes(value))

/** A card that is not known yet, or newer than the known one: `fits` says whether it belongs here, null where that only the hub knows. */
function byCard<T extends { version: number }>(card: T, known: T | undefined, fits: boolean | null): Effect<T> {
  if (known && known.version >= card.version) return null
  if (fits === false) return known ? { drop: known } : null
  if (fits === null) return known ? { put: card, stale: true } : 'stale'
  return { put: card, sorted: true }
}

/** What is surely not, or no longer, in the list; a card does not tell the rest, such as what is the creator's own. */
function byListing(said: Said, find: Find<CampaignListing>, isOut: (card: CampaignCard) => boolean): Effect<CampaignListing> {
  if ('campaign' in said) {
    const known = find(said.campaign.campaignId)
    return byCard({ saved: false, applicationId: null, ...known, ...said.campaign }, known, isOut(said.campaign) ? false : null)
  }
  if ('application' in said) {
    const { campaignId, applicationId } = said.application
    const known = find(campaignId)
    return known && known.applicationId !== applicationId ? { put: { ...known, applicationId } } : null
  }
  if ('redeemed' in said) return 'stale'
  const known = 'saved' in said ? find(said.campaignId) : undefined
  return known && 'saved' in said && known.saved !== said.saved ? { put: { ...known, saved: said.saved } } : null
}

/** Words, places within places and the order are the hub's to judge. */
export function discovered(page: Pages<CampaignListing>, filter: DiscoverFilter): ListKind<CampaignListing> {
  const { platform, category, language, currency, budget = 0 } = filter
  const isOut = ({ state, platforms, categories, languages, budget: paid }: CampaignCard): boolean =>
    state !== 'open' ||
    !isWanted(platform, platforms) ||
    !isWanted(category, categories) ||
    !isWanted(language, languages) ||
    (currency !== undefined && paid?.currency !== currency) ||
    (paid?.max ?? 0) < budget
  return { page, idOf: campaignOf, effect: (said, find) => byListing(said, find, isOut) }
}

/** What is kept stays, whatever becomes of it. */
export const saved = (page: Pages<CampaignListing>): ListKind<CampaignListing> => ({
  page,
  idOf: campaignOf,
  effect: (said, find) => {
    const known = 'campaign' in said ? find(said.campaign.campaignId) : 'saved' in said ? find(said.campaignId) : undefined
    if ('campaign' in said) return known && known.version < said.campaign.version ? { put: { ...known, ...said.campaign } } : null
    if (!('saved' in said)) return byListing(said, find, () => false)
    if (said.saved) return known ? null : 'stale'
    return known ? { drop: known } : null
  },
})

export const campaignsOf = (page: Pages<CampaignCard>, brandId: string, { state, q }: CampaignFilter): ListKind<CampaignCard> => ({
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
export function applicationsOf(
  page: Pages<ApplicationCard>,
  owner: Owner,
  { state, sort = 'newest' }: ApplicationFilter,
): ListKind<ApplicationCard> {
  const isOwn = ({ campaignId, brand }: ApplicationCard) =>
    owner === null || ('campaignId' in owner ? owner.campaignId === campaignId : owner.brandId === brand.brandId)
  return {
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
  page,
  idOf: ({ brandId }) => brandId,
  effect: (said) => ('brand' in said ? 'stale' : null),
})
