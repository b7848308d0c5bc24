import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { connect, type RoomView } from '../../client-sdk/src/index.ts'
import { fileStorage } from '../../client-sdk/src/node.ts'
import { messagesAt } from '../../persistence/messages.ts'
import { wordsOf } from '../../persistence/testing/log.ts'
import { deleteMessage } from '../../server/chat/delete-message.ts'
import { editMessage } from '../../server/chat/edit-message.ts'
import { pinMessage } from '../../server/chat/pin-message.ts'
import { react } from '../../server/chat/react.ts'
import { sendMessage } from '../../server/chat/send-message.ts'
import { eraseMessages } from '../../server/log/erase-messages.ts'
import { configureRoom } from '../../server/rooms/configure-room.ts'
import { commandId, type TestPerson } from '../../server/testing.ts'
import { hub, type TestHub } from '../testing.ts'
import { layWire, type Wire } from './testing-wire.ts'

const patience = { timeout: 10_000, interval: 20 }

let h: TestHub
let wire: Wire
const folder = mkdtempSync(join(tmpdir(), 'parley-away-'))
beforeAll(async () => {
  h = await hub()
  wire = await layWire(h.url)
})
afterAll(async () => {
  await wire?.close()
  await h?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** One visit of a person's app: its storage is all that it has from the last. */
async function visit(person: TestPerson, url: string) {
  const { accessToken } = await h.session(person)
  const storage = fileStorage(join(folder, person.userId))
  return connect({
    url,
    storage,
    user: person.userId,
    getToken: async () => accessToken,
    random: () => 0.02,
    ackTimeout: 500,
    onError: () => {},
  })
}
/** The newest messages, of which each of two clients has as many. */
const NEWEST = 40
const shown = ({ rev, title, settings, pins, members, messages }: RoomView) => ({
  rev,
  title,
  settings,
  pins,
  members: members.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  messages: messages.slice(-NEWEST).map(({ mine: _mine, ...message }) => message),
})

/** Everything that people do in a room, so many times over. */
async function life(roomId: RoomId, owner: TestPerson, times: number): Promise<void> {
  const of = (message: number) => ({ commandId: commandId(), roomId, message })
  for (let i = 0; i < times; i++) {
    const { seq } = await sendMessage(h.as(owner), { commandId: commandId(), roomId, text: `day ${i}` })
    const answer = await sendMessage(h.as(owner), { commandId: commandId(), roomId, text: `about day ${i}`, replyTo: seq })
    if (i % 2 === 0) await editMessage(h.as(owner), { ...of(seq), text: `day ${i}, corrected` })
    if (i % 3 === 0) await react(h.as(owner), { ...of(answer.seq), emoji: '🎉' })
    if (i % 5 === 0) await deleteMessage(h.as(owner), of(answer.seq))
    if (i % 7 === 0) await eraseMessages(h.as(owner), { commandId: commandId(), roomId, seqs: [seq], reason: 'retention' })
    if (i % 100 === 0) await pinMessage(h.as(owner), of(answer.seq)).catch(() => {}) // some were taken back
  }
  await configureRoom(h.as(owner), { commandId: commandId(), roomId, slowMode: 1 })
}

test.each([
  { what: 'a day, and events catch up', times: 20 },
  { what: 'a month, and a snapshot replaces what was there', times: 450 },
])('P4: an app closed offline with words unsent, and opened again after $what', { timeout: 120_000 }, async ({ times }) => {
  const { roomId, owner, creator } = await h.negotiation()
  const first = await visit(creator, wire.url)
  const room = await first.room(roomId).join()
  const mine = await room.send('four videos for 900')
  await expect.poll(() => room.state.messages.length).toBe(1)

  const storage = fileStorage(join(folder, creator.userId))
  const kept = async () => (await Promise.all((await storage.keys('')).map((key) => storage.get(key)))).join()
  await expect.poll(async () => (await kept()).includes(`"rev":${mine.seq}`), patience).toBe(true)

  wire.cut()
  room.send('no, for 950').catch(() => {})
  room.edit(mine.seq, 'four videos for 950').catch(() => {})
  room.react(mine.seq, '👍').catch(() => {})
  await expect.poll(() => room.state.unsaved, patience).toBe(0)
  expect(room.state.messages.map((m) => m.text)).toEqual(['four videos for 950', 'no, for 950'])
  first.close()

  await life(roomId, owner, times)

  const offline = await visit(creator, wire.url)
  const cached = offline.room(roomId)
  cached.join().catch(() => {})
  await expect.poll(() => cached.state.messages.map((m) => m.text), patience).toEqual(['four videos for 950', 'no, for 950'])
  expect(cached.state).toMatchObject({ status: 'behind', waiting: 3 })
  wire.mend()
  await expect
    .poll(() => ({ status: cached.state.status, waiting: cached.state.waiting }), patience)
    .toEqual({ status: 'live', waiting: 0 })

  const reader = await visit(owner, h.url)
  const fresh = await reader.room(roomId).join()
  await expect.poll(() => cached.state.rev, patience).toBe(fresh.state.rev)
  expect(shown(cached.state)).toEqual(shown(fresh.state))
  const texts = await wordsOf(h.db, roomId)
  expect(texts.filter((text) => text === 'no, for 950')).toHaveLength(1)
  const [settled] = await messagesAt(h.db.pool, roomId, [mine.seq])
  expect(settled).toMatchObject({ text: 'four videos for 950', reactions: [{ emoji: '👍' }] })
  offline.close()
  reader.close()
})
