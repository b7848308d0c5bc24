import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import {
  type ApplicationState,
  type CampaignId,
  type CampaignMove,
  type CampaignState,
  finalStates,
  type UserId,
} from '../../client-sdk/contract/index.ts'
import { instant } from '../log/read.ts'
import { query, read } from '../sql.ts'
import { PENDING } from './due.ts'

/** What is told of a campaign's change, by its version. */
const NEWS = `'campaign:' || c.id || ':' || (e.deal::json ->> 'version')`

/**
 * How a campaign stands, now by PostgreSQL's clock, and by which move, which is null for a draft. `news` names that change, and `isTold`
 * says whether it was told to the end. Moments are ISO 8601 in UTC.
 */
export type CampaignStand = {
  state: CampaignState
  title: string
  brand: string
  isPublished: boolean
  opensAt: string | null
  applyBy: string | null
  decideBy: string | null
  now: string
  isPending: boolean
  move: CampaignMove | null
  movedAt: string | null
  news: string | null
  isTold: boolean
}

/** By one snapshot; undefined where there is none. */
export async function campaignStand(pool: Pool, id: CampaignId): Promise<CampaignStand | undefined> {
  const [row] = await read<CampaignStand>(
    pool,
    'campaign_stand',
    `select c.state, c.title, b.name as brand, c.published_at is not null as "isPublished", ${instant('c.opens_at')} as "opensAt",
            ${instant('c.apply_by')} as "applyBy", ${instant('c.decide_by')} as "decideBy", ${instant('clock_timestamp()')} as now,
            exists (select from application a where a.campaign_id = c.id and a.${PENDING}) as "isPending",
            e.deal::json ->> 'move' as move, ${instant('e.at')} as "movedAt", ${NEWS} as news,
            exists (select from told t where t.name = ${NEWS}) as "isTold"
       from campaign c join brand b on b.id = c.brand_id left join event e on e.stream_id = c.room_id and e.seq = c.moved
      where c.id = $1`,
    [id],
  )
  return row
}

const FINAL = `(${finalStates.map((state) => `'${state}'`)})`
const eventAt = (seq: string) => `(select e.at from event e where e.stream_id = a.room_id and e.seq = a.${seq})`
/**
 * Whom a move of their campaign concerns; $3 is the moment of it. Of those who had applied by then: of whose application nothing had
 * become, and nothing has since, unless the campaign was cancelled; of a completed one, whose deal was carried out.
 */
const concerned: Partial<Record<CampaignMove, string>> = {
  close: `a.state not in ${FINAL}`,
  reopen: `a.state not in ${FINAL} and ${eventAt('submitted')} <= $3`,
  cancel: `a.state <> 'withdrawn' and (a.state not in ${FINAL} or ${eventAt('moved')} >= $3)`,
  complete: `a.state = 'completed'`,
}
export const concerning = Object.keys(concerned) as readonly CampaignMove[]

export type Applicant = { userId: UserId; state: ApplicationState }
type Page = { move: CampaignMove; movedAt: string; after: UserId | null; limit: number }
/** Some of them, in order of their ids; those after `after`. */
export const applicantsToTell = (em: EntityManager, id: CampaignId, { move, movedAt, after, limit }: Page): Promise<Applicant[]> =>
  query<Applicant>(
    em,
    `select a.creator_id as "userId", a.state from application a
      where a.campaign_id = $1 and ($2::uuid is null or a.creator_id > $2) and $3::timestamptz is not null and ${concerned[move]}
      order by a.creator_id limit $4`,
    [id, after, movedAt, limit],
  )
