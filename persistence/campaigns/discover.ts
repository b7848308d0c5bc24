import type { Pool } from 'pg'
import type { CampaignId, CampaignListing, DiscoverCampaigns, UserId } from '../../client-sdk/contract/index.ts'
import { LISTING, type ListingRow, toListing } from '../campaigns.ts'
import { unavailable } from '../unavailable.ts'

/** Where an item is in a list: what the list is sorted by, and its id. */
export type Place = { key: string; id: CampaignId }
export type Placed<T> = { item: T; place: Place }
/** Exact: a moment in milliseconds would lose its place among others. */
export const exactly = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

type Order = { column: string; shown: string; type: string; direction: 'asc' | 'desc' }
const moment = { type: 'timestamptz' } as const
const orders: Record<DiscoverCampaigns['sort'], Order> = {
  newest: { column: 'published_at', shown: exactly('c.published_at'), ...moment, direction: 'desc' },
  deadline: { column: 'apply_by', shown: exactly('c.apply_by'), ...moment, direction: 'asc' },
  budget: { column: 'budget_max', shown: 'c.budget_max::text', type: 'bigint', direction: 'desc' },
}

/** `words`: for `websearch_to_tsquery`, see search/question.ts; null for whatever they say. */
export type Discovery = Pick<
  DiscoverCampaigns,
  'platform' | 'category' | 'language' | 'territory' | 'currency' | 'budget' | 'sort' | 'limit'
> & {
  userId: UserId
  words: string | null
  after: Place | null
}

/**
 * Open campaigns that this creator may see, by one snapshot. Planned for what is asked each time: whether it is quicker to walk in
 * order or to take all that fits depends on how common that is.
 */
export async function discover(pool: Pool, wanted: Discovery): Promise<Placed<CampaignListing>[]> {
  const { column, shown, direction } = orders[wanted.sort]
  const { where, values } = conditions(wanted)
  const order = (t: string) => `order by ${t}.${column} ${direction}, ${t}.id ${direction}`
  const part = (from: string, visible: string) =>
    `(select c.id, c.${column} from ${from} where c.state = 'open' and ${[visible, ...where].join(' and ')} ${order('c')} limit $2)`
  const everybody = part('campaign c', `c.visibility = 'public'`)
  const theirs = part(
    'campaign_guest g join campaign c on c.id = g.campaign_id',
    `c.visibility <> 'public' and g.email = (select email from person where id = $1)`,
  )
  const text = `select ${LISTING}, ${shown} as key
     from (select * from (${everybody} union all ${theirs}) u ${order('u')} limit $2) h
     join campaign c on c.id = h.id join brand b on b.id = c.brand_id join person p on p.id = $1 ${order('c')}`
  const { rows } = await unavailable(pool.query<ListingRow & { key: string }>({ text, values }))
  return rows.map((row) => ({ item: toListing(row), place: { key: row.key, id: row.id } }))
}

/** $1 and $2 are the person and the limit. */
function conditions({ userId, limit, words, after, sort, ...wanted }: Discovery): { where: string[]; values: unknown[] } {
  const { platform, category, language, territory, currency, budget } = wanted
  const values: unknown[] = [userId, limit]
  const given = (value: unknown) => `$${values.push(value)}`
  const where = ['c.apply_by > now()']
  const lists = { platforms: platform, categories: category, languages: language, territories: territory }
  for (const [column, some] of Object.entries(lists)) if (some.length > 0) where.push(`c.${column} && ${given(some)}::text[]`)
  if (currency !== undefined) where.push(`c.currency = ${given(currency)}`)
  if (budget !== undefined) where.push(`c.budget_max >= ${given(budget)}`)
  if (words !== null) where.push(`c.words @@ websearch_to_tsquery('english', ${given(words)})`)
  const { column, type, direction } = orders[sort]
  const beyond = direction === 'desc' ? '<' : '>'
  if (after) where.push(`(c.${column}, c.id) ${beyond} (${given(after.key)}::${type}, ${given(after.id)}::uuid)`)
  return { where, values }
}
