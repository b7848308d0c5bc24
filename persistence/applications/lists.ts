import type { Pool } from 'pg'
import { applicationStates } from '../../client-sdk/contract/applications/machine.ts'
import type {
  ApplicationCard,
  ApplicationId,
  ApplicationState,
  BrandId,
  CampaignId,
  ListApplications,
  UserId,
} from '../../client-sdk/contract/index.ts'
import { ABOUT, CARD, type CardRow, toCard } from '../applications.ts'
import { exactly } from '../log/read.ts'
import { read } from '../sql.ts'

/** Whose applications. */
export type Scope = { campaignId: CampaignId } | { brandId: BrandId } | { creatorId: UserId }
/** Where a page goes on: behind the application of this id. `at`: when it was submitted or changed, to the microsecond. */
export type Place = { at: string; id: ApplicationId }
export type Placed = ApplicationCard & { place: Place }

type Wanted = { scope: Scope; states: readonly ApplicationState[]; sort: ListApplications['sort']; after: Place | null; limit: number }

const sorts = {
  newest: { column: 'submitted_at', order: 'desc', behind: '<' },
  oldest: { column: 'submitted_at', order: 'asc', behind: '>' },
  changed: { column: 'changed_at', order: 'desc', behind: '<' },
} as const
/** Beyond every application, at either end. */
const LAST: Place = { at: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' as ApplicationId }
const FIRST: Place = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' as ApplicationId }

const scopeOf = (scope: Scope) => {
  if ('campaignId' in scope) return ['campaign_id', scope.campaignId] as const
  return 'brandId' in scope ? (['brand_id', scope.brandId] as const) : (['creator_id', scope.creatorId] as const)
}

/**
 * A page, of some states or, with none, of all. Each state is read in its order by index and the pages are merged, so that it
 * costs the same however many applications there are.
 */
export async function listed(pool: Pool, { scope, states, sort, after, limit }: Wanted): Promise<Placed[]> {
  const [owner, id] = scopeOf(scope)
  const { column, order, behind } = sorts[sort]
  const from = after ?? (order === 'desc' ? LAST : FIRST)
  const rows = await read<CardRow & { place: string }>(
    pool,
    `applications_${owner}_${sort}`,
    `select ${CARD}, ${exactly(`a.${column}`)} as place from (
       select x.id, x.${column} from unnest($2::text[]) as s (state) cross join lateral (
         select id, ${column} from application where ${owner} = $1 and state = s.state and (${column}, id) ${behind} ($3::timestamptz, $4::uuid)
          order by ${column} ${order}, id ${order} limit $5) x
        order by x.${column} ${order}, x.id ${order} limit $5) k
       join application a on a.id = k.id ${ABOUT} order by k.${column} ${order}, k.id ${order}`,
    [id, states.length === 0 ? applicationStates : [...new Set(states)], from.at, from.id, limit],
  )
  return rows.map(toPlaced)
}

export type Column = { state: ApplicationState; count: number; cards: Placed[] }
/** Of each state that any of the campaign's applications is in: how many are, and the newest of them. */
export async function columnsOf(pool: Pool, campaignId: CampaignId, limit: number): Promise<Column[]> {
  const rows = await read<CardRow & { place: string; n: number }>(
    pool,
    'application_board',
    `select k.n, ${CARD}, ${exactly('a.submitted_at')} as place from application_count k cross join lateral (
       select id, submitted_at from application where campaign_id = $1 and state = k.state order by submitted_at desc, id desc limit $2) x
       join application a on a.id = x.id ${ABOUT} where k.campaign_id = $1 and k.n > 0 order by x.submitted_at desc, x.id desc`,
    [campaignId, limit],
  )
  const byState = Map.groupBy(rows, (row) => row.state)
  return applicationStates.flatMap((state) => {
    const its = byState.get(state)
    return its ? [{ state, count: its[0]!.n, cards: its.map(toPlaced) }] : []
  })
}

const toPlaced = (row: CardRow & { place: string }): Placed => ({ ...toCard(row), place: { at: row.place, id: row.id } })
