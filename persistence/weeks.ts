import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { canonical } from '../client-sdk/contract/canonical.ts'
import {
  type BrandFigures,
  type BrandId,
  type BrandWeek,
  type CohortWeek,
  finalStates,
  openStates,
  type RoomId,
  type UserId,
} from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** `week`: the day that it begins with. From `from` on, and before `to`, both instants. */
export type Week = { week: string; from: string; to: string }
/** Before every id. */
export const FIRST = '00000000-0000-0000-0000-000000000000'

/** Brands that there were at the week's end and whose week is not counted yet, after that one. */
export async function brandsToCount(pool: Pool, { week, to }: Week, after: string, limit: number): Promise<BrandId[]> {
  const rows = await read<{ id: BrandId }>(
    pool,
    'brands_to_count',
    `select b.id from brand b where b.id > $1 and b.created_at < $2
        and not exists (select from brand_week w where w.brand_id = b.id and w.week = $3::date) order by b.id limit $4`,
    [after, to, week, limit],
  )
  return rows.map(({ id }) => id)
}

const list = (states: readonly string[]) => states.map((state) => `'${state}'`).join(', ')
/** Written as the index has it by which a deal's own events are found. */
const TELLS = `(e.type like 'application.%' or e.type like 'offer.%' or e.type like 'deliverable.%' or e.type like 'milestone.%')`
/** Rows are changed by the clock of a node, and events told by the database's. */
const SKEW = `interval '1 hour'`

export type Happened = Omit<BrandFigures, 'waiting' | 'overdue'>
/** How often each happened to a brand's applications, as their rooms' logs say: of those that were open, or were ended, since the week began. */
export async function happenedTo(pool: Pool, brandId: BrandId, { from, to }: Week): Promise<Happened> {
  const count = (condition: string, as: string) => `count(*) filter (where ${condition})::int as "${as}"`
  const moved = (move: string, as: string) => count(`e.type = 'application.statusChanged' and e.deal::json ->> 'move' = '${move}'`, as)
  const [row] = await read<Happened>(
    pool,
    'brand_week_happened',
    `select ${count(`e.type = 'application.submitted'`, 'received')}, ${count(`e.type = 'offer.proposed'`, 'offers')},
            ${moved('shortlist', 'shortlisted')}, ${moved('accept', 'agreed')}, ${moved('allApproved', 'completed')}, ${moved('decline', 'declined')},
            ${moved('withdraw', 'withdrawn')}, ${moved('expire', 'expired')}, ${moved('cancel.confirm', 'cancelled')}
       from (select a.room_id from application a where a.brand_id = $1 and a.state not in (${list(finalStates)})
             union all
             select a.room_id from application a
              where a.brand_id = $1 and a.state in (${list(finalStates)}) and a.changed_at >= $2::timestamptz - ${SKEW}) a
       join stream s on s.id = a.room_id and s.last_at >= $2
      cross join lateral (
        select e.type, e.deal from event e where e.stream_id = a.room_id and ${TELLS} and e.at >= $2 and e.at < $3) e`,
    [brandId, from, to],
  )
  return row!
}

/** How many of a brand's applications are open now. */
export async function waitingOf(pool: Pool, brandId: BrandId): Promise<number> {
  const [row] = await read<{ n: number }>(
    pool,
    'brand_week_waiting',
    `select count(*)::int as n from application where brand_id = $1 and state in (${list(openStates)})`,
    [brandId],
  )
  return row!.n
}

/** The rooms of a brand's deals on which there is work to do now. */
export async function roomsAtWork(pool: Pool, brandId: BrandId): Promise<RoomId[]> {
  const rows = await read<{ room_id: RoomId }>(
    pool,
    'brand_week_at_work',
    `select room_id from application where brand_id = $1 and state not in (${list([...openStates, ...finalStates])}) order by room_id`,
    [brandId],
  )
  return rows.map(({ room_id }) => room_id)
}

/** Keeps a brand's week, in the caller's transaction. Null where it is kept already; else the brand's name. */
export async function saveBrandWeek(em: EntityManager, brandId: BrandId, week: string, figures: BrandFigures): Promise<string | null> {
  const [row] = await query<{ name: string }>(
    em,
    `with kept as (insert into brand_week (brand_id, week, figures) values ($1, $2::date, $3) on conflict do nothing returning brand_id)
     select b.name from kept k join brand b on b.id = k.brand_id`,
    [brandId, week, canonical(figures)],
  )
  return row?.name ?? null
}

/** The newest first, those before that week. */
export async function brandWeeks(pool: Pool, brandId: BrandId, before: string | null, limit: number): Promise<BrandWeek[]> {
  const rows = await read<{ week: string; figures: string; counted_at: string }>(
    pool,
    'brand_weeks',
    `select week::text, figures, ${instant('at')} as counted_at from brand_week
      where brand_id = $1 and ($2::date is null or week < $2) order by week desc limit $3`,
    [brandId, before, limit],
  )
  return rows.map(({ week, figures, counted_at: countedAt }) => ({ week, figures: JSON.parse(figures) as BrandFigures, countedAt }))
}

/** Of person p: something is theirs in what the log has of their application rooms from one moment on until another. */
const DID = (from: string, to: string) => `exists (
  select from member m join room r on r.id = m.room_id and r.kind = 'application' join stream s on s.id = m.room_id and s.last_at >= ${from}
   where m.user_id = p.id and exists (
     select from event e where e.stream_id = m.room_id and e.actor_key = m.actor_key
        and e.seq >= (select seq_at(m.room_id, ${from})) and e.seq < (select seq_at(m.room_id, ${to}))))`

/**
 * Keeps what some creators were in a week: those after that one, so many at once. One statement, so that what is kept is whole. The last
 * of them; null where there are no more.
 */
export async function countCreators(pool: Pool, { week, from, to }: Week, after: string, limit: number): Promise<UserId | null> {
  const [row] = await read<{ last: UserId | null }>(
    pool,
    'count_creators',
    `with p as (
       select id, created_at >= $3 as is_new from person where role = 'creator' and id > $1 and created_at < $4 order by id limit $5),
     did as (select p.id, p.is_new, ${DID('$3', '$4')} as now from p),
     was as (
       select p.id, case when p.is_new then 'new' when ${DID(`($3::timestamptz - interval '7 days')`, '$3')} then 'active' else 'returning' end as cohort
         from did p where p.is_new or p.now),
     kept as (insert into creator_week (week, user_id, cohort) select $2::date, id, cohort from was on conflict do nothing)
     select max(id::text)::uuid as last from p`,
    [after, week, from, to, limit],
  )
  return row?.last ?? null
}

/** The newest first, those before that week: each found by one step in the index, and counted by it alone. */
export const cohorts = (pool: Pool, before: string | null, limit: number): Promise<CohortWeek[]> =>
  read<CohortWeek>(
    pool,
    'cohorts',
    `with recursive weeks (week, i) as (
       (select week, 1 from creator_week where $1::date is null or week < $1 order by week desc limit 1)
       union all
       select (select c.week from creator_week c where c.week < w.week order by c.week desc limit 1), w.i + 1 from weeks w
        where w.week is not null and w.i < $2)
     select w.week::text, c.* from weeks w cross join lateral (
       select count(*) filter (where cohort = 'new')::int as new, count(*) filter (where cohort = 'active')::int as active,
              count(*) filter (where cohort = 'returning')::int as returning
         from creator_week where week = w.week) c
      where w.week is not null order by w.week desc`,
    [before, limit],
  )
