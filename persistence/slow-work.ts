import type { Pool } from 'pg'
import { type ApplicationId, type CampaignId, openStates, type RoomId, type UserId } from '../client-sdk/contract/index.ts'
import { read } from './sql.ts'

type Subject = { applicationId: ApplicationId | null; campaignId: CampaignId }
/** What these rooms are of; those of nothing that slow work is about are left out. */
export async function subjectsOf(pool: Pool, rooms: readonly RoomId[]): Promise<Map<RoomId, Subject>> {
  const rows = await read<{ room_id: RoomId; application_id: ApplicationId | null; campaign_id: CampaignId }>(
    pool,
    'subjects_of',
    `select room_id, id as application_id, campaign_id from application where room_id = any($1::uuid[])
     union all select room_id, null, id from campaign where room_id = any($1::uuid[])`,
    [rooms],
  )
  return new Map(rows.map((row) => [row.room_id, { applicationId: row.application_id, campaignId: row.campaign_id }]))
}

export type Living = { kind: 'application' | 'campaign' | 'deliverables'; id: string } | { kind: 'offer'; id: string; offer: number }
const OPEN = `state in (${openStates.map((state) => `'${state}'`).join(', ')})`
/** Of each kind of thing that slow work is about, those that something may still become of. */
const living = {
  campaign: `select id from campaign where state not in ('completed', 'cancelled') and id > $1 order by id limit $2`,
  application: `select id from application where ${OPEN} and id > $1 order by id limit $2`,
  deliverables: `select id from application where (state like 'agreed%' or state like 'delivering%') and id > $1 order by id limit $2`,
  offer: `select a.id, (select deal::json ->> 'offer' from event e where e.stream_id = a.room_id and e.type = 'offer.proposed'
      and (e.type like 'application.%' or e.type like 'offer.%' or e.type like 'deliverable.%' or e.type like 'milestone.%' or e.type = 'log.erased')
      order by e.seq desc limit 1) as offer
    from application a where (a.${OPEN} or a.state like 'agreed%' or a.state like 'delivering%') and a.id > $1 order by a.id limit $2`,
} as const

const PAGE = 500
/** All of them, page by page. */
export async function* allLiving(pool: Pool): AsyncGenerator<Living[]> {
  for (const kind of Object.keys(living) as (keyof typeof living)[])
    for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
      const rows = await read<{ id: string; offer?: string | null }>(pool, `living_${kind}`, living[kind], [after, PAGE])
      yield rows.flatMap(({ id, offer }): Living[] =>
        kind === 'offer' ? (offer ? [{ kind, id, offer: Number(offer) }] : []) : [{ kind, id }],
      )
      if (rows.length < PAGE) break
      after = rows.at(-1)!.id
    }
}

/** Who has something unread in these rooms of which no mail has told, and wants to be told. */
export async function peopleToTell(pool: Pool, rooms: readonly RoomId[]): Promise<UserId[]> {
  const rows = await read<{ user_id: UserId }>(
    pool,
    'people_to_tell',
    `select distinct m.user_id from unnest($1::uuid[]) as k (id) join stream s on s.id = k.id join active_member m on m.room_id = k.id
       join reading g on g.room_id = k.id and g.user_id = m.user_id and not g.muted and s.msg_count > greatest(g.n, g.mailed)
       join person p on p.id = m.user_id and coalesce((p.notifications::json ->> 'digest')::boolean, true)`,
    [rooms],
  )
  return rows.map(({ user_id }) => user_id)
}
