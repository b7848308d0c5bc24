import type { Application, ApplicationCard, Board } from '../../contract/applications/schema.ts'
import type { Brand, Invitation, TeamMember } from '../../contract/brands/schema.ts'
import type { Campaign, CampaignCard, CampaignListing } from '../../contract/campaigns/schema.ts'
import type { Catalogue, CatalogueEntry } from '../../contract/catalogue/schema.ts'
import type { PageOf } from '../../contract/listing.ts'
import type { PersonSettings } from '../../contract/people/schema.ts'
import type { Profile } from '../../contract/profiles/schema.ts'
import { isCount, isString, listOf, object, orNull, type Shape } from '../shapes.ts'

/** What the market's own code leans on, and no more. */
const brand = object<CampaignCard['brand']>({ brandId: isString })
const strings = listOf(isString)
const campaign = {
  campaignId: isString,
  brand,
  state: isString,
  version: isCount,
  platforms: strings,
  categories: strings,
  territories: strings,
  languages: strings,
  visibility: isString,
  changedAt: isString,
}
const application = {
  applicationId: isString,
  campaignId: isString,
  brand,
  state: isString,
  version: isCount,
  submittedAt: isString,
  changedAt: isString,
}
const pageOf = <T>(item: Shape<T>) => object<PageOf<T>>({ items: listOf(item), cursor: orNull(isString) })

export const isCampaignCard = object<CampaignCard>(campaign)
const isListing = object<CampaignListing>(campaign)
export const isCampaign = object<Campaign>(campaign)
export const isApplicationCard = object<ApplicationCard>(application)
export const isApplication = object<Application>(application)
export const isBrand = object<Brand>({ brandId: isString, version: isCount })
export const isCampaigns = pageOf(isCampaignCard)
export const isListings = pageOf(isListing)
export const isApplications = pageOf(isApplicationCard)
export const isBrands = pageOf(isBrand)
const allOf = <T>(item: Shape<T>) => object<{ items: T[] }>({ items: listOf(item) })
export const isMembers = allOf(object<TeamMember>({ userId: isString, role: isString }))
export const isInvitations = allOf(object<Invitation>({ invitationId: isString }))
export const isBoard = object<Board>({
  columns: listOf(
    object<Board['columns'][number]>({ state: isString, count: isCount, items: listOf(isApplicationCard), cursor: orNull(isString) }),
  ),
})
export const isProfile = object<Profile>({ userId: isString, version: isCount })
export const isSettings = object<PersonSettings>({ presence: isString })
const entries = listOf(object<CatalogueEntry>({ key: isString, name: isString }))
export const isCatalogue = object<Catalogue>({ platforms: entries, categories: entries })
