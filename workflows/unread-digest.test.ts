import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../client-sdk/contract/index.ts'
import { connect, mailsTo, say } from '../server/digest/testing.ts'
import { changeSettings } from '../server/people/settings.ts'
import { markRead, muteRoom } from '../server/rooms/read-room.ts'
import { type TestPerson, type World, world } from '../server/testing.ts'
import type { Temporal } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

/** How long something is unread before a digest, and how long the tests wait for one at most, in ms. */
const WAIT = 3_000
const TIMEOUT = 10 * WAIT

let w: World
let server: TestServer
let temporal: Temporal
beforeAll(async () => {
  w = await world()
  server = await testServer()
  temporal = await testWorker(w, server, { digestAfter: WAIT })
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await w.close()
})

type Two = { reader: TestPerson; writer: TestPerson; rooms: RoomId[] }
async function two(...titles: string[]): Promise<Two> {
  const [reader, writer] = [await w.person(), await w.person('brand')]
  const members = [
    [reader, 'creator'],
    [writer, 'owner'],
  ] as const
  const rooms: RoomId[] = []
  for (const title of titles) rooms.push(await w.room('application', members, title))
  return { reader, writer, rooms }
}
const subjectsTo = async (who: TestPerson) => (await mailsTo(w, who)).map(({ subject }) => subject)
const told = (who: TestPerson) => expect.poll(() => subjectsTo(who), { timeout: TIMEOUT })
const runOf = async ({ userId }: TestPerson) => {
  const found = await temporal.client()?.workflow.getHandle(`digest:${userId}`).describe()
  return found?.status.name
}
/** Until the person's run is over: by then all is told that was to be. */
const over = (who: TestPerson) => expect.poll(async () => runOf(who).catch(() => 'none'), { timeout: TIMEOUT }).toBe('COMPLETED')

/** Does something while this person is there; they go away afterwards. So nothing is mailed before, however slow all is. */
async function whileThere<T>(who: TestPerson, work: () => Promise<T>): Promise<T> {
  const device = await connect(w, who)
  const beating = setInterval(() => void device.away(false).catch(() => {}), 1_000)
  try {
    return await work()
  } finally {
    clearInterval(beating)
    await device.away(false)
    await device.hangUp()
  }
}
const isRunning = (who: TestPerson) =>
  expect.poll(() => runOf(who).catch(() => 'none'), { timeout: TIMEOUT, interval: 100 }).toBe('RUNNING')

test('who is not there gets one mail over two rooms, in their language, and a second one of what is said after it', async () => {
  const { reader, writer, rooms } = await two('Осінь', 'Зима')
  await changeSettings(w.as(reader), { language: 'uk' })
  await whileThere(reader, async () => {
    for (const roomId of rooms) await say(w, writer, roomId)
  })
  await told(reader).toEqual(['У вас 2 непрочитані повідомлення у 2 кімнатах'])
  await over(reader)
  await say(w, writer, rooms[0]!)
  await told(reader).toEqual(['У вас 2 непрочитані повідомлення у 2 кімнатах', 'У вас 1 непрочитане повідомлення у 1 кімнаті'])
  await over(reader)
  expect(await subjectsTo(reader)).toHaveLength(2)
}, 90_000)

test('who is there is told nothing, and is looked at again: once they have gone, they are told', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  const looks = async () => {
    const history = await temporal.client()?.workflow.getHandle(`digest:${reader.userId}`).fetchHistory()
    return history?.events?.filter((event) => event.activityTaskCompletedEventAttributes).length ?? 0
  }
  await whileThere(reader, async () => {
    await say(w, writer, rooms[0]!)
    await expect.poll(() => looks().catch(() => 0), { timeout: 2 * TIMEOUT, interval: 500 }).toBeGreaterThanOrEqual(2)
    expect(await subjectsTo(reader)).toEqual([])
  })
  await told(reader).toEqual(['You have 1 unread message in 1 room'])
}, 120_000)

test('what is read in between, muted or not wanted is told to nobody', async () => {
  const [read, muted, unwanted] = [await two('Autumn'), await two('Autumn'), await two('Autumn')]
  await muteRoom(w.as(muted.reader), { roomId: muted.rooms[0]!, muted: true })
  await changeSettings(w.as(unwanted.reader), { notifications: { digest: false } })
  for (const { writer, rooms } of [muted, unwanted]) await say(w, writer, rooms[0]!)
  await whileThere(read.reader, async () => {
    const { seq } = await say(w, read.writer, read.rooms[0]!)
    await isRunning(read.reader)
    await markRead(w.as(read.reader), { roomId: read.rooms[0]!, seq })
  })
  await over(read.reader)
  for (const { reader } of [muted, unwanted]) await expect(runOf(reader)).rejects.toThrow('not found') // they were before it in the log
  for (const { reader } of [read, muted, unwanted]) expect(await subjectsTo(reader)).toEqual([])
}, 90_000)

test('who said it themselves has no run', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await say(w, writer, rooms[0]!)
  await told(reader).toHaveLength(1)
  await expect(runOf(writer)).rejects.toThrow('not found')
}, 60_000)

test('a look that an older message brought mails no younger one before its time', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await whileThere(reader, async () => {
    const { seq } = await say(w, writer, rooms[0]!)
    await isRunning(reader)
    await markRead(w.as(reader), { roomId: rooms[0]!, seq })
    await sleep(WAIT / 2)
    await say(w, writer, rooms[0]!)
  })
  await told(reader).toEqual(['You have 1 unread message in 1 room'])
  const { rows } = await w.db.pool.query<{ ms: number }>(
    `select extract(epoch from mail.created_at - e.at)::float8 * 1000 as ms from mail, event e
      where mail.user_id = $1 and e.stream_id = $2 and e.type = 'chat.messageSent' order by e.seq desc limit 1`,
    [reader.userId, rooms[0]],
  )
  expect(rows[0]!.ms).toBeGreaterThanOrEqual(WAIT - 50) // the mail's moment is when its commit began
}, 60_000)

test('what was said while Temporal was away is told, where it knows nothing any more, too', async () => {
  for (const forget of ['nothing', 'all']) {
    const { reader, writer, rooms } = await two('Autumn')
    await server.server().kill()
    await say(w, writer, rooms[0]!)
    if (forget === 'all') await w.db.pool.query(`delete from follower where name like 'workflows:%'`) // as for a namespace that is new
    await server.start()
    await told(reader).toEqual(['You have 1 unread message in 1 room'])
  }
}, 120_000)
