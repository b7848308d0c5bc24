import type { EntityManager } from '@mikro-orm/postgresql'
import { commitment } from '../client-sdk/contract/chain.ts'
import { ERASED_MAX, type ErasureReason, ParleyError, type RoomId, type StreamId } from '../client-sdk/contract/index.ts'
import { digest } from './digest.ts'
import type { Appended, Entry, EventLog } from './event-log.ts'
import { lockStream } from './message-changes.ts'
import { query } from './sql.ts'

type Erase = Pick<Entry, 'streamId' | 'actor' | 'commandId' | 'accessVersion'> & { seqs: readonly number[]; reason: ErasureReason }

/**
 * Takes the personal parts of these events, and of those that edited them, out of the log, in the caller's transaction, and writes down that it was done.
 * What they committed to stays, so the chain still verifies. Everything here belongs to the stream and is written under its
 * lock, which `append` takes. Throws `request.invalid` for a seq that has no personal part, or has none any more.
 */
export async function erase(em: EntityManager, log: EventLog, { seqs, reason, ...by }: Erase): Promise<Appended> {
  await lockStream(em, by.streamId as RoomId)
  const unique = await withEdits(em, by.streamId, seqs)
  if (unique.length > ERASED_MAX) throw new ParleyError('request.invalid', `With their edits these are more than ${ERASED_MAX} events`)
  const [erasure] = await log.append(em, [{ ...by, type: 'log.erased', deal: { seqs: unique, reason }, personal: null } as Entry])
  type Row = { seq: string; personal: string; personal_salt: Buffer }
  const rows = await query<Row>(
    em,
    'select seq, personal, personal_salt from event where stream_id = $1 and seq = any($2::bigint[]) and personal is not null',
    [by.streamId, unique],
  )
  if (rows.length < unique.length) throw new ParleyError('request.invalid', 'One of these has nothing to erase')
  const commitments = rows.map((row) => commitment(digest, row.personal, row.personal_salt))
  await query(em, 'set local role parley_eraser', [])
  await query(
    em,
    `update event set personal = null, personal_salt = null, erased = u.commitment
       from unnest($2::bigint[], $3::bytea[]) as u (seq, commitment) where event.stream_id = $1 and event.seq = u.seq`,
    [by.streamId, rows.map((row) => row.seq), commitments],
  )
  await query(em, 'update message set rev = $3 where room_id = $1 and seq = any($2::bigint[])', [by.streamId, unique, erasure!.seq])
  await query(em, 'set local role parley_app', [])
  await query(em, 'delete from mention where room_id = $1 and seq = any($2::bigint[])', [by.streamId, unique])
  return erasure!
}

async function withEdits(em: EntityManager, streamId: StreamId, seqs: readonly number[]): Promise<number[]> {
  const edits = await query<{ seq: string }>(em, 'select seq from edit where room_id = $1 and message = any($2::bigint[])', [
    streamId,
    seqs,
  ])
  return [...new Set([...seqs, ...edits.map((edit) => Number(edit.seq))])].sort((a, b) => a - b)
}
