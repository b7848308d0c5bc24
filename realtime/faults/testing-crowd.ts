import pg from 'pg'
import { expect } from 'vitest'
import { newId, type RoomId, type UserId } from '../../client-sdk/contract/index.ts'
import { connect, type Parley, type Place, type Room, type RoomView, signIn } from '../../client-sdk/src/index.ts'
import { openDatabase } from '../../persistence/database.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { house, systemContext } from '../../server/ctx.ts'
import { unlimited } from '../../server/limits.ts'
import { createPerson } from '../../server/people/create-person.ts'
import { createRoom } from '../../server/rooms/create-room.ts'
import { createTokens } from '../../server/sessions/tokens.ts'
import { commandId, newSigner, PASSWORD } from '../../server/testing.ts'

/** People with accounts, and the rooms they share. Each is in two rooms, and each room has people of its own. */
export type Town = { databaseUrl: string; people: { userId: UserId; email: string; rooms: RoomId[] }[]; rooms: RoomId[] }
type Size = { people: number; rooms: number }

/** Peoples a migrated database by the use cases, and leaves no connection to it open. */
export async function foundTown(databaseUrl: string, { people: size, rooms: roomCount }: Size): Promise<Town> {
  const db = await openDatabase({ url: databaseUrl })
  try {
    const signer = newSigner()
    const tokens = createTokens({ signer, seconds: 60 })
    const ctx = () => systemContext(house(db, { tokens, limits: unlimited(), sessionDays: 1, signer }))
    const born = Array.from({ length: size }, async (_, i) => {
      const email = `${newId<string>()}@example.com`
      const { userId } = await createPerson(ctx(), {
        commandId: commandId(),
        email,
        name: `Person ${i}`,
        role: 'brand',
        password: PASSWORD,
      })
      return { userId, email }
    })
    const everybody = await Promise.all(born)
    const isIn = (person: number, room: number) => [person % roomCount, (person + 1) % roomCount].includes(room)
    const opened = Array.from({ length: roomCount }, async (_, room) => {
      const members = everybody.flatMap(({ userId }, i) => (isIn(i, room) ? [{ userId, role: 'owner' as const }] : []))
      return (await createRoom(ctx(), { commandId: commandId(), kind: 'application', title: `Room ${room}`, members })).roomId
    })
    const rooms = await Promise.all(opened)
    return { databaseUrl, rooms, people: everybody.map((person, i) => ({ ...person, rooms: rooms.filter((_, room) => isIn(i, room)) })) }
  } finally {
    await db.close()
  }
}

/** One message that somebody said, and where it came to stand once that is known. */
export type Said = { roomId: RoomId; who: number; text: string; place: Place | null; refusal: unknown }

/** A whole town online, each with an SDK of their own. */
export class Crowd {
  readonly said: Said[] = []
  readonly errors: unknown[] = []
  readonly #town: Town
  readonly #url: string
  #members: { parley: Parley; rooms: Room[] }[] = []

  private constructor(town: Town, url: string) {
    this.#town = town
    this.#url = url
  }

  /** Everybody signs in and joins their rooms. */
  static async gather(town: Town, url: string): Promise<Crowd> {
    const crowd = new Crowd(town, url)
    crowd.#members = await Promise.all(town.people.map((person) => crowd.#enter(person)))
    return crowd
  }

  get acknowledged(): Said[] {
    return this.said.filter(({ place }) => place !== null)
  }

  get statuses(): string[] {
    return this.#members.map(({ parley }) => parley.status)
  }

  /** Calls it with each change of anybody's connection. */
  onStatus(listener: (status: string) => void): void {
    for (const { parley } of this.#members) parley.subscribe(() => listener(parley.status))
  }

  /** Everybody says so much in each of their rooms, all at once; the SDKs send it in their own time. */
  speak(each: number): Promise<unknown> {
    const sends = this.#members.flatMap(({ rooms }, who) =>
      Array.from({ length: each }, (_, n) =>
        rooms.map((room) => this.#say(who, room, `${who}.${n} «ありがとう» ${'·'.repeat(n % 90)}`)),
      ).flat(),
    )
    return Promise.all(sends)
  }

  close(): void {
    for (const { parley } of this.#members) parley.close()
  }

  /** That every acknowledged message is in the log once, in its place and in its words, and nothing but what was said. */
  async expectAcknowledgedInLog(): Promise<{ committed: number }> {
    const acknowledged = this.acknowledged
    const { messages } = await readLog(this.#town)
    const byId = new Map(messages.map((message) => [message.id, message]))
    expect(byId.size).toBe(messages.length)
    const known = new Set(this.said.map(({ roomId, text }) => `${roomId} ${text}`))
    const written = messages.map(({ roomId, text }) => `${roomId} ${text}`)
    expect(written.filter((message) => !known.has(message))).toEqual([])
    expect(new Set(written).size).toBe(written.length) // each once
    for (const { roomId, text, place } of acknowledged) {
      const { messageId: id, seq, at } = place!
      expect(byId.get(id)).toEqual({ roomId, id, seq, at, text })
    }
    return { committed: messages.length }
  }

  /** That all that was said is in the log once, everybody's in the order in which they said it, and every proof holds. */
  async expectWhole(): Promise<void> {
    expect(this.said.filter(({ refusal }) => refusal !== null)).toEqual([])
    expect(this.acknowledged).toHaveLength(this.said.length)
    expect((await this.expectAcknowledgedInLog()).committed).toBe(this.said.length)
    for (const lane of Map.groupBy(this.said, ({ who, roomId }) => `${who} ${roomId}`).values()) {
      const seqs = lane.map(({ place }) => place!.seq)
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    }
    const { heads } = await readLog(this.#town)
    const db = await openDatabase({ url: this.#town.databaseUrl })
    try {
      for (const [roomId, seq] of heads) expect(await verifyStream(db, roomId)).toMatchObject({ ok: true, seq })
    } finally {
      await db.close()
    }
  }

  /** That every store shows what somebody who comes in anew sees, down to the first message. */
  async expectConverged(): Promise<void> {
    for (const roomId of this.#town.rooms) {
      const person = this.#town.people.find(({ rooms }) => rooms.includes(roomId))!
      const fresh = await this.#enter({ ...person, rooms: [roomId] })
      try {
        const room = fresh.rooms[0]!
        while (room.state.more) await room.loadOlder(100)
        const whole = shown(room.state)
        expect(whole.messages).toHaveLength(this.said.filter((said) => said.roomId === roomId).length)
        for (const theirs of this.#members.flatMap(({ rooms }) => rooms.filter(({ id }) => id === roomId))) {
          await expect.poll(() => theirs.state.rev, { timeout: 60_000 }).toBe(whole.rev)
          expect(shown(theirs.state)).toEqual(whole)
        }
      } finally {
        fresh.parley.close()
      }
    }
    expect(this.errors).toEqual([])
  }

  async #enter({ email, rooms }: Town['people'][number]): Promise<{ parley: Parley; rooms: Room[] }> {
    const { getToken } = await signIn(this.#url, { email, password: PASSWORD })
    const parley = connect({ url: this.#url, getToken, onError: (error) => this.errors.push(error) })
    return { parley, rooms: await Promise.all(rooms.map((roomId) => parley.room(roomId).join())) }
  }

  async #say(who: number, room: Room, text: string): Promise<void> {
    const said: Said = { roomId: room.id, who, text, place: null, refusal: null }
    this.said.push(said)
    try {
      said.place = await room.send(text)
    } catch (error) {
      said.refusal = error
    }
  }
}

function shown({ status, title, rev, more, members, messages }: RoomView) {
  const plain = messages.map(({ mine: _mine, ...message }) => message)
  return { status, title, rev, more, members: members.toSorted((a, b) => a.since - b.since), messages: plain }
}

type Written = { roomId: string; id: string; seq: number; at: string; text: string }

/** What the rooms' logs hold, read behind the program's back. */
async function readLog({ databaseUrl, rooms }: Town): Promise<{ messages: Written[]; heads: Map<RoomId, number> }> {
  const client = new pg.Client({ connectionString: databaseUrl, options: '-c search_path=parley' })
  await client.connect()
  try {
    const { rows } = await client.query<{ room: string; id: string; seq: string; at: Date; personal: string }>(
      `select stream_id as room, id, seq, at, personal from event where stream_id = any($1) and type = 'chat.messageSent' order by 1, seq`,
      [rooms],
    )
    const streams = await client.query<{ id: RoomId; last_seq: string }>('select id, last_seq from stream where id = any($1)', [rooms])
    const messages = rows.map(({ room, id, seq, at, personal }) => {
      return { roomId: room, id, seq: Number(seq), at: at.toISOString(), text: (JSON.parse(personal) as { text: string }).text }
    })
    return { messages, heads: new Map(streams.rows.map(({ id, last_seq }) => [id, Number(last_seq)])) }
  } finally {
    await client.end()
  }
}
