import type { Pool } from 'pg'
import type { CampaignId, CampaignListing, DiscoverCampaigns, UserId } from '../../client-sdk/contract/index.ts'
import { LISTING, type ListingRow, toListing } from '../campaigns.ts'
import { exactly } from '../log/read.ts'
import { read } from '../sql.ts'
import { unavailable } from '../unavailable.ts'

/** Where an item is in a list: what the list is sorted by, and its id. */
export type Place = { key: string; id: CampaignId }
export type Placed<T> = { item: T; place: Place }

/** `hidden`: the column as no index has it. */
type Order = { column: string; hidden: string; shown: string; type: string; direction: 'asc' | 'desc' }
const moment = (column: string) =>
  ({ column, hidden: `(c.${column} + interval '0')`, shown: exactly(`c.${column}`), type: 'timestamptz' }) as const
const orders: Record<DiscoverCampaigns['sort'], Order> = {
  newest: { ...moment('published_at'), direction: 'desc' },
  deadline: { ...moment('apply_by'), direction: 'asc' },
  budget: {
    column: 'budget_max',
    hidden: '(c.budget_max + 0)',
    shown: 'c.budget_max::text',
    type: 'bigint',
    direction: 'desc',
  },
}
/** How far a list is walked in its order, before all that fits is taken. */
const WALK = 600

/** `words`: for `websearch_to_tsquery`, see search/question.ts; null for whatever they say. */
type Discovery = Pick<DiscoverCampaigns, 'platform' | 'category' | 'language' | 'territory' | 'currency' | 'budget' | 'sort' | 'limit'> & {
  userId: UserId
  words: string | null
  after: Place | null
}

/** Whether an index finds it. What only says which words are not to be there would be asked of everything that there is. */
export async function isFoundByIndex(pool: Pool, words: string): Promise<boolean> {
  const asked = `select querytree(websearch_to_tsquery('english', $1)) <> 'T' as found`
  const [row] = await read<{ found: boolean }>(pool, 'is_found_by_index', asked, [words])
  return row!.found
}

/** Open campaigns that this creator may see, by one snapshot. */
export async function discover(pool: Pool, wanted: Discovery): Promise<Placed<CampaignListing>[]> {
  const { column, shown, direction } = orders[wanted.sort]
  const { within, filters, values } = conditions(wanted)
  const order = (t: string) => `order by ${t}.${column} ${direction}, ${t}.id ${direction}`
  const theirs = `(select c.id, c.${column} from campaign_guest g join campaign c on c.id = g.campaign_id
    where ${[`c.state = 'open' and c.visibility <> 'public' and g.email = (select email from person where id = $1)`, ...within, ...filters].join(' and ')}
    ${order('c')} limit $2)`
  const text = `select ${LISTING}, ${shown} as key
     from (select * from (${shownToAll(orders[wanted.sort], within, filters)} union all ${theirs}) u ${order('u')} limit $2) h
     join campaign c on c.id = h.id join brand b on b.id = c.brand_id join person p on p.id = $1 ${order('c')}`
  const { rows } = await unavailable(pool.query<ListingRow & { key: string }>({ text, values }))
  return rows.map((row) => ({ item: toListing(row), place: { key: row.key, id: row.id } }))
}

/**
 * Those that everybody may see. Whatever is common fills a page within a short walk in order; where that does not, all that fits is
 * little, and is taken by what it says. The planner is left no choice, as it takes filters for independent: it would walk through
 * everything for two that are common and never met. Branches of an append run in turn, and only until there is enough.
 */
function shownToAll({ column, hidden, direction }: Order, within: readonly string[], filters: readonly string[]): string {
  const open = [`c.state = 'open' and c.visibility = 'public'`, ...within].join(' and ')
  const inOrder = `from campaign c where ${open} order by c.${column} ${direction}, c.id ${direction}`
  if (filters.length === 0) return `(select c.id, c.${column} ${inOrder} limit $2)`
  const fits = filters.join(' and ')
  const onwards = direction === 'desc' ? '<=' : '>='
  return `(with edge as materialized (select c.id, c.${column} ${inOrder} offset ${WALK} limit 1)
    select * from (
      (select c.id, c.${column} from (select c.* ${inOrder} limit ${WALK}) c where ${fits} order by c.${column} ${direction}, c.id ${direction} limit $2)
      union all
      (select c.id, c.${column} from campaign c where ${open} and ${fits} and (${hidden}, c.id) ${onwards} (select ${column}, id from edge)
        order by ${hidden} ${direction}, c.id ${direction} limit $2)) e limit $2)`
}

/** $1 and $2 are the person and the limit. `within`: what an order's own index knows. */
function conditions({ userId, limit, words, after, sort, ...wanted }: Discovery) {
  const { platform, category, language, territory, currency, budget } = wanted
  const values: unknown[] = [userId, limit]
  const given = (value: unknown) => `$${values.push(value)}`
  const [within, filters]: [string[], string[]] = [[], []]
  const lists = { platforms: platform, categories: category, languages: language, territories: territory }
  for (const [column, some] of Object.entries(lists)) if (some.length > 0) filters.push(`c.${column} && ${given(some)}::text[]`)
  if (words !== null) filters.push(`c.words @@ websearch_to_tsquery('english', ${given(words)})`)
  const money = sort === 'budget' ? within : filters
  if (currency !== undefined) money.push(`c.currency = ${given(currency)}`)
  if (budget !== undefined) money.push(`c.budget_max >= ${given(budget)}`)
  const { column, type, direction } = orders[sort]
  const beyond = direction === 'desc' ? '<' : '>'
  if (after) within.push(`(c.${column}, c.id) ${beyond} (${given(after.key)}::${type}, ${given(after.id)}::uuid)`)
  within.push('c.apply_by > now()')
  return { within, filters, values }
}
