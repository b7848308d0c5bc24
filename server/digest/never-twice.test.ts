import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { deleteMessage } from '../chat/delete-message.ts'
import { changeSettings } from '../people/settings.ts'
import { markRead, muteRoom } from '../rooms/read-room.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { mailUnread } from './mail-unread.ts'
import { connect, type Device, mailsTo, say } from './testing.ts'

/** Of another run's, to play it again. */
const SEED = Number(process.env.DIGEST_SEED ?? randomInt(2 ** 31))
const ROOMS = ['Autumn', 'Winter', 'Spring'] as const

type Room = (typeof ROOMS)[number]
type Step =
  | { do: 'say' | 'own' | 'read' | 'takeBack' | 'mute'; room: Room }
  | { do: 'look' | 'race' | 'crash' | 'come' | 'go' | 'want'; room?: undefined }
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('say', 'say', 'own', 'read', 'takeBack', 'mute'), room: fc.constantFrom(...ROOMS) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('look', 'look', 'race', 'crash', 'come', 'go', 'want') }) },
) as fc.Arbitrary<Step>

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

/** What the reader is to be told of, by room, as whoever wrote this down from the rules alone has it: seqs of messages. */
type Model = { untold: Map<Room, Set<number>>; muted: Set<Room>; wants: boolean; isThere: boolean; mails: Map<Room, number>[] }
type Stage = {
  reader: TestPerson
  writer: TestPerson
  rooms: Map<Room, RoomId>
  last: Map<Room, number>
  device: Device | null
  model: Model
}

async function stage(): Promise<Stage> {
  const [reader, writer] = [await w.person(), await w.person('brand')]
  const rooms = new Map<Room, RoomId>()
  const members = [
    [reader, 'creator'],
    [writer, 'owner'],
  ] as const
  for (const title of ROOMS) rooms.set(title, await w.room('application', members, title))
  const untold = new Map(ROOMS.map((room) => [room, new Set<number>()]))
  return {
    reader,
    writer,
    rooms,
    last: new Map(),
    device: null,
    model: { untold, muted: new Set(), wants: true, isThere: false, mails: [] },
  }
}

async function play(s: Stage, { do: what, room }: Step): Promise<void> {
  const { reader, model } = s
  if (room !== undefined) return playIn(s, what, room, s.rooms.get(room)!)
  if (what === 'want') {
    model.wants = !model.wants
    await changeSettings(w.as(reader), { notifications: { digest: model.wants } })
    if (model.wants) for (const its of model.untold.values()) its.clear()
  } else if (what === 'come' || what === 'go') {
    await s.device?.hangUp()
    s.device = what === 'come' ? await connect(w, reader) : null
    model.isThere = what === 'come'
  } else {
    if (what === 'crash') await expect(dying(reader)).rejects.toThrow('killed')
    await Promise.all(Array.from({ length: what === 'race' ? 4 : 1 }, () => mailUnread(w.asSystem(), reader.userId, 0)))
    expectMail(model)
  }
}

async function playIn({ reader, writer, last, model }: Stage, what: Step['do'], room: Room, roomId: RoomId): Promise<void> {
  const untold = model.untold.get(room)!
  if (what === 'say') {
    const { seq } = await say(w, writer, roomId)
    last.set(room, seq)
    untold.add(seq)
  } else if (what === 'own') await say(w, reader, roomId)
  else if (what === 'read') {
    await markRead(w.as(reader), { roomId, seq: 1_000_000 })
    untold.clear()
  } else if (what === 'takeBack' && last.has(room)) {
    await deleteMessage(w.as(writer), { commandId: commandId(), roomId, message: last.get(room)! })
    untold.delete(last.get(room)!)
    last.delete(room)
  } else if (what === 'mute') {
    const muted = !model.muted.has(room)
    await muteRoom(w.as(reader), { roomId, muted })
    model.muted[muted ? 'add' : 'delete'](room)
    if (!muted) untold.clear()
  }
}

/** A look whose process dies before the commit: all is as if it had not been. */
function dying({ userId }: TestPerson): Promise<unknown> {
  const ctx = w.asSystem()
  return ctx.em.transactional(async (em) => {
    const within = new Proxy(ctx, { get: (its, name) => (name === 'em' ? em : Reflect.get(its, name, its)) })
    await mailUnread(within, userId, 0)
    throw new Error('killed')
  })
}

function expectMail(model: Model): void {
  if (model.isThere || !model.wants) return
  const told = ROOMS.flatMap((room) => {
    const its = model.untold.get(room)!
    if (model.muted.has(room) || its.size === 0) return []
    const n = its.size
    its.clear()
    return [[room, n] as const]
  })
  if (told.length > 0) model.mails.push(new Map(told))
}

/** What a mail says: how many messages of which room. */
const toldBy = (body: string) => new Map(Array.from(body.matchAll(/“(\w+)”: (\d+) message/g), ([, room, n]) => [room as Room, Number(n)]))

test('never twice of the same message, and never nothing where something stays unread and its reader is away', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const s = await stage()
      for (const one of steps) await play(s, one)
      const mails = (await mailsTo(w, s.reader)).map(({ body }) => toldBy(body))
      expect(mails).toEqual(s.model.mails)
    }),
    { seed: SEED, numRuns: 60, endOnFailure: true },
  )
}, 240_000)
