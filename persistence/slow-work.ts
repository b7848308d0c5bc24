import type { Pool } from 'pg'
import {
  type ActorKey,
  type ApplicationId,
  type CampaignId,
  finalStates,
  type RoomId,
  type UserId,
  usualNotifications,
} from '../client-sdk/contract/index.ts'
import { IS_OF_DEAL } from './deals.ts'
import { read } from './sql.ts'

type Subject = { applicationId: ApplicationId | null; campaignId: CampaignId; offer: number | null }
/** The newest version of the terms in room `a.room_id`, as text. */
const NEWEST_OFFER = `(select e.deal::json ->> 'offer' from event e where e.stream_id = a.room_id and e.type = 'offer.proposed' and ${IS_OF_DEAL}
  order by e.seq desc limit 1)`
/** What these rooms are of; those of nothing that slow work is about are left out. */
export async function subjectsOf(pool: Pool, rooms: readonly RoomId[]): Promise<Map<RoomId, Subject>> {
  type Row = { room_id: RoomId; application_id: ApplicationId | null; campaign_id: CampaignId; offer: string | null }
  const rows = await read<Row>(
    pool,
    'subjects_of',
    `select a.room_id, a.id as application_id, a.campaign_id, ${NEWEST_OFFER} as offer from application a where a.room_id = any($1::uuid[])
     union all select room_id, null, id, null from campaign where room_id = any($1::uuid[])`,
    [rooms],
  )
  const toSubject = ({ application_id: applicationId, campaign_id: campaignId, offer }: Row): Subject => ({
    applicationId,
    campaignId,
    offer: offer === null ? null : Number(offer),
  })
  return new Map(rows.map((row) => [row.room_id, toSubject(row)]))
}

export type Living = { kind: 'application' | 'campaign' | 'deliverables'; id: string } | { kind: 'offer'; id: string; offer: number }
/** Of each kind of thing that slow work is about, those that something may still become of. */
const alive = {
  campaign: `state not in ('completed', 'cancelled')`,
  application: `state not in (${finalStates.map((state) => `'${state}'`).join(', ')})`,
  deliverables: `(state like 'agreed%' or state like 'delivering%')`,
} as const
const page = (table: 'campaign' | 'application', condition: string) =>
  `select id from ${table} where ${condition} and id > $1 order by id limit $2`
/** Their creators may still have to be told. */
const ENDED_LATELY = `changed_at > clock_timestamp() - interval '1 day'`
const living = {
  campaign: page('campaign', alive.campaign),
  application: page('application', `(${alive.application} or ${ENDED_LATELY})`),
  deliverables: page('application', alive.deliverables),
  offer: `select a.id, ${NEWEST_OFFER} as offer
    from (${page('application', alive.application).replace('select id', 'select id, room_id')}) a order by a.id`,
} as const

/** Whether something may still become of it. */
export async function lives(pool: Pool, { kind, id }: Exclude<Living, { kind: 'offer' }>): Promise<boolean> {
  const table = kind === 'campaign' ? kind : 'application'
  return (await read(pool, `lives_${kind}`, `select from ${table} where id = $1 and ${alive[kind]}`, [id])).length > 0
}

const PAGE = 500
const NOBODY = '00000000-0000-0000-0000-000000000000'
/** All of them, page by page. */
export async function* allLiving(pool: Pool): AsyncGenerator<Living[]> {
  for (const kind of Object.keys(living) as (keyof typeof living)[])
    for (let after = NOBODY; ; ) {
      const rows = await read<{ id: string; offer?: string | null }>(pool, `living_${kind}`, living[kind], [after, PAGE])
      yield rows.flatMap(({ id, offer }): Living[] =>
        kind === 'offer' ? (offer ? [{ kind, id, offer: Number(offer) }] : []) : [{ kind, id }],
      )
      if (rows.length < PAGE) break
      after = rows.at(-1)!.id
    }
}

/** A room in which something was said, and who said all of it; null where it was several. */
export type Spoken = { roomId: RoomId; only: ActorKey | null }
/** Of reading g and stream s: something is unread of which no digest has told. Of person p: they want to know. */
const IS_UNTOLD = `not g.muted and s.msg_count > greatest(g.n, g.mailed)`
const WANTS = `coalesce((p.notifications::json ->> 'digest')::boolean, ${usualNotifications.digest})`

/** Who has something unread in these rooms of which no digest has told, and wants to be told. What somebody said themselves is told to nobody. */
export async function peopleToTell(pool: Pool, rooms: readonly Spoken[]): Promise<UserId[]> {
  const rows = await read<{ user_id: UserId }>(
    pool,
    'people_to_tell',
    // Each room by itself and each member by sub-selects: a join becomes a scan where many rooms are asked for.
    `select distinct m.user_id from unnest($1::uuid[], $2::uuid[]) as k (id, said_by) cross join lateral (
       select m.user_id from member m
        where m.room_id = k.id and m.removed_at is null and m.user_id is not null and m.actor_key is distinct from k.said_by
          and (select not g.muted and (select msg_count from stream where id = k.id) > greatest(g.n, g.mailed)
                 from reading g where g.room_id = k.id and g.user_id = m.user_id)
          and (select p.blocked_at is null and ${WANTS} from person p where p.id = m.user_id) offset 0) m`,
    [rooms.map(({ roomId }) => roomId), rooms.map(({ only }) => only)],
  )
  return rows.map(({ user_id }) => user_id)
}

/** The same of everybody, over all rooms, page by page. */
export async function* allToTell(pool: Pool): AsyncGenerator<UserId[]> {
  for (let after = NOBODY; ; ) {
    const rows = await read<{ id: UserId }>(
      pool,
      'all_to_tell',
      `select p.id from person p where p.id > $1 and p.blocked_at is null and ${WANTS} and exists (
         select from reading g join stream s on s.id = g.room_id where g.user_id = p.id and ${IS_UNTOLD})
        order by p.id limit $2`,
      [after, PAGE],
    )
    yield rows.map(({ id }) => id)
    if (rows.length < PAGE) return
    after = rows.at(-1)!.id
  }
}
