import type { ApplicationCard, ListApplications } from '../../contract/applications/schema.ts'
import type { CampaignCard } from '../../contract/campaigns/schema.ts'

type Sort<T> = (a: T, b: T) => number

/** The hub's orders, as far as cards tell. Of the same moment, in the order of their ids. */
const by =
  <T>(key: (item: T) => string, turned: boolean): Sort<T> =>
  (a, b) => {
    const [x, y] = [key(a), key(b)]
    return x === y ? 0 : x < y === turned ? 1 : -1
  }
const submitted = ({ submittedAt, applicationId }: ApplicationCard): string => submittedAt + applicationId
export const newest: Sort<ApplicationCard> = by(submitted, true)
export const applicationSorts: Record<ListApplications['sort'], Sort<ApplicationCard>> = {
  newest,
  oldest: by(submitted, false),
  changed: by(({ changedAt, applicationId }) => changedAt + applicationId, true),
}
/** The last changed first. */
export const changed: Sort<CampaignCard> = by(({ changedAt, campaignId }) => changedAt + campaignId, true)
