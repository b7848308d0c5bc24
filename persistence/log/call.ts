import { ParleyError, type StreamId } from '../../client-sdk/contract/index.ts'
import type { Prepared } from './entry.ts'

/** What `append_events` says of one entry; see persistence/sql/append-events.sql. */
export type Outcome = 'appended' | 'repeat' | 'reused' | 'stale' | 'busy' | 'missing'
/** `i` counts from 1. `access` is the stream's access version after the call; null where it was not locked. */
export type Row = { i: number; outcome: Outcome; seq: string; at: string; access: string | null }

/** A stream that a permission rests on, and the access version that its check saw. */
export type Checked = { streamId: StreamId; accessVersion: number }

export const APPEND = `select i, outcome, seq, at, access from append_events($1::boolean, $2::uuid[], $3::uuid[], $4::uuid[], $5::text[],
  $6::smallint[], $7::uuid[], $8::uuid[], $9::smallint[], $10::text[], $11::bytea[], $12::bytea[], $13::text[], $14::bytea[],
  $15::bytea[], $16::bigint[], $17::text[], $18::uuid[], $19::bigint[])`

/** The function's arguments, in its order. */
export const appendArguments = (
  batch: readonly Prepared[],
  wait: boolean,
  raises: readonly StreamId[] = [],
  checked: readonly Checked[] = [],
): unknown[] => [
  wait,
  raises,
  batch.map((b) => b.entry.streamId),
  batch.map((b) => b.id),
  batch.map((b) => b.entry.type),
  batch.map((b) => b.version),
  batch.map((b) => b.entry.actor),
  batch.map((b) => b.entry.commandId),
  batch.map((b) => b.n),
  batch.map((b) => b.deal.bytes),
  batch.map((b) => b.deal.salt),
  batch.map((b) => b.deal.commitment),
  batch.map((b) => b.personal.bytes),
  batch.map((b) => b.personal.salt),
  batch.map((b) => b.personal.commitment),
  batch.map((b) => b.entry.accessVersion),
  batch.map(({ entry: { mentions } }) => (mentions?.length ? `{${mentions.join()}}` : null)),
  checked.map((c) => c.streamId),
  checked.map((c) => c.accessVersion),
]

/** The error for an entry that was not written; null for one that was, now or before. */
export function refusal(outcome: Outcome): ParleyError | null {
  switch (outcome) {
    case 'appended':
    case 'repeat':
      return null
    case 'reused':
      return new ParleyError('command.reused', 'This command id was used for something else')
    case 'stale':
      return new ParleyError('access.changed', 'Rights in this room have just changed; try again')
    case 'missing':
      return new ParleyError('resource.notFound', 'No such room')
    case 'busy':
      return new ParleyError('server.unavailable', 'This room is busy; try again')
  }
}
