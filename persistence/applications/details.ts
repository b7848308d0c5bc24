import type { Pool } from 'pg'
import type {
  ActorKey,
  Application,
  ApplicationId,
  CampaignId,
  CommandId,
  EventName,
  Part,
  RoomId,
  StreamId,
} from '../../client-sdk/contract/index.ts'
import { ABOUT, CARD, type CardRow, toCard } from '../applications.ts'
import { instant } from '../log/read.ts'
import { read } from '../sql.ts'

type Row = CardRow & {
  decide_by: string | null
  notes_room_id: RoomId | null
  said: string | null
  terms: string | null
  reason: string | null
}

/** All of an application, whoever asks. What was said with it, and with its last move, is read where it is, in the log: null once it is erased there. */
export async function applicationOf(pool: Pool, applicationId: ApplicationId): Promise<Omit<Application, 'me'> | undefined> {
  const [row] = await read<Row>(
    pool,
    'application_of',
    `select ${CARD}, ${instant('c.decide_by')} as decide_by, a.notes_room_id, e.personal as said, o.deal::json ->> 'terms' as terms,
            m.personal::json ->> 'reason' as reason from application a ${ABOUT}
       join event e on e.stream_id = a.room_id and e.seq = a.submitted
       left join event m on m.stream_id = a.room_id and m.seq = a.moved
       left join event o on o.stream_id = a.room_id and o.seq = a.submitted + 1 and a.has_terms where a.id = $1`,
    [applicationId],
  )
  if (!row) return undefined
  const { cover, answers } = wordsIn<'application.submitted'>(row.said) ?? { cover: null, answers: null }
  const terms: Application['terms'] = row.terms === null ? null : JSON.parse(row.terms)
  return { ...toCard(row), cover, answers, terms, reason: row.reason, decideBy: row.decide_by, notesRoomId: row.notes_room_id }
}

const wordsIn = <E extends EventName>(personal: string | null) => (personal === null ? null : (JSON.parse(personal) as Part<E, 'personal'>))

/** Which of these are applications to that campaign. */
export async function applicationsAmong(pool: Pool, campaignId: CampaignId, ids: readonly ApplicationId[]): Promise<Set<ApplicationId>> {
  const rows = await read<{ id: ApplicationId }>(
    pool,
    'applications_among',
    'select id from application where campaign_id = $1 and id = any($2::uuid[])',
    [campaignId, ids],
  )
  return new Set(rows.map(({ id }) => id))
}

type Said<E extends EventName> = { streamId: StreamId; commandId: CommandId; actor: ActorKey; type: E }
/** What somebody said with a command, in an event of this type; null once it is erased, undefined where there is none. */
export async function saidWith<E extends EventName>(
  pool: Pool,
  { streamId, commandId, actor, type }: Said<E>,
): Promise<Part<E, 'personal'> | null | undefined> {
  const [row] = await read<{ personal: string | null }>(
    pool,
    'said_with',
    'select personal from event where stream_id = $1 and actor_key = $2 and command_id = $3 and type = $4',
    [streamId, actor, commandId, type],
  )
  return row && wordsIn<E>(row.personal)
}
