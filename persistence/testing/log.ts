import { type ActorKey, type CommandId, type Envelope, newId, type RoomId, type StreamId } from '../../client-sdk/contract/index.ts'
import type { Database } from '../database.ts'
import { createStream, type Entry } from '../event-log.ts'

export const anActor = () => newId<ActorKey>()
export const aCommand = () => newId<CommandId>()

/** A room's stream, and nothing else of a room. */
export async function aRoom(db: Database): Promise<RoomId> {
  const id = newId<RoomId>()
  await db.orm.em.fork().transactional((em) => createStream(em, id, 'room'))
  return id
}

/** A message to be, by somebody new unless said. */
export const says = (streamId: StreamId, text: string, by: Partial<Entry> = {}): Entry =>
  ({
    streamId,
    type: 'chat.messageSent',
    deal: null,
    personal: { text },
    actor: anActor(),
    commandId: aCommand(),
    accessVersion: 0,
    ...by,
  }) as Entry

/** The words of a stream's messages, null where they are erased, in order. */
export async function wordsOf(db: Database, streamId: StreamId): Promise<(string | null)[]> {
  return (await eventsOf(db, streamId)).flatMap((e) => (e.type === 'chat.messageSent' ? [e.data.personal?.text ?? null] : []))
}

export async function eventsOf(db: Database, streamId: StreamId): Promise<Envelope[]> {
  const events: Envelope[] = []
  for (;;) {
    const page = (await db.log.readAfter(streamId, events.length, 1_000)).events
    if (page.length === 0) return events
    events.push(...page)
  }
}
