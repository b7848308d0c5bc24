import type { RoomId, Whisper } from '../../client-sdk/contract/index.ts'
import type { TestPerson } from '../../server/testing.ts'
import type { TestClient, TestHub } from '../testing.ts'

/** A client that keeps what it is told of who is where. */
export type Watcher = TestClient & {
  /** Every whisper about presence and typing, in order of arrival. */
  presences: Whisper<'room.presence'>[]
  typings: Whisper<'room.typing'>[]
  /** Opens a room; what its join says counts as a whisper. */
  open(roomId: RoomId): Promise<void>
  /** What it knows of a room now: the keys of who is there, with a ~ for who is away; a number in a big one. */
  sees(roomId: RoomId): string[] | number | undefined
}

export async function watcher(h: TestHub, person: TestPerson, url?: string): Promise<Watcher> {
  const client = await h.client(person, {}, url)
  const presences: Whisper<'room.presence'>[] = []
  const typings: Whisper<'room.typing'>[] = []
  client.socket.on('room.presence', (whisper) => presences.push(whisper))
  client.socket.on('room.typing', (whisper) => typings.push(whisper))
  // Not after an await: a whisper may come in the same packet as the answer, and would be put before it.
  const open = (roomId: RoomId) =>
    new Promise<void>((done, fail) =>
      client.socket.emit('room.join', { roomId }, (joined) => {
        if (!joined.ok) return fail(new Error(joined.error.code))
        presences.push({ roomId, ...joined.data.presence })
        done()
      }),
    )
  const sees = (roomId: RoomId) => {
    const last = presences.findLast((whisper) => whisper.roomId === roomId)
    return last && (last.present?.map(({ member, away }) => (away ? `${member}~` : member)).sort() ?? last.count)
  }
  return { ...client, presences, typings, open, sees }
}
