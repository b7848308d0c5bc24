import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROTOCOL_VERSION, type RoomId } from '../../client-sdk/contract/index.ts'
import { openSocketIo, SDK_VERSION, type Socket, signIn } from '../../client-sdk/src/index.ts'
import { type PostgresServer, startPostgres } from '../../persistence/embedded-postgres.ts'
import { migrate } from '../../persistence/migrate.ts'
import { processes, signal } from '../../persistence/processes.ts'
import { randomFrom } from '../../persistence/testing/random.ts'
import { commandId, newKey, PASSWORD } from '../../server/testing.ts'
import { Crowd, foundTown, type Town } from './testing-crowd.ts'
import { freePort, type Program, runProgram, statusOf } from './testing-program.ts'

/** Chooses the moments of the faults; `PARLEY_FAULT_SEED` replays one. */
const SEED = Number(process.env.PARLEY_FAULT_SEED ?? Date.now() % 1_000_000)
const SIZE = { people: 20, rooms: 5 }
const EACH = 50 // in each of their two rooms
const ALL = SIZE.people * 2 * EACH
/** The promise is 10 s; this is for a slow machine, in ms. */
const RECOVERY = 20_000
/** `degraded`: the hub is there, and cannot do its work. */
const CONNECTED = new Set(['online', 'degraded'])
const UNAVAILABLE = { ok: false, error: { code: 'server.unavailable', retryable: true } }

let home: string
let postgres: PostgresServer
let databaseUrl: string
let program: Program
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), `parley-test-${process.pid}-`))
  await chmod(home, 0o755) // as root, PostgreSQL's own account has to get in
  postgres = await startPostgres({ dataDir: join(home, 'postgres') })
  databaseUrl = postgres.url
  await migrate(databaseUrl)
  const keys = { TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey() }
  const env = { ...keys, DATABASE_URL: databaseUrl, RATE_PER_SECOND: '100000', RATE_BURST: '100000' }
  program = await runProgram({ port: await freePort(), env }).ready()
})
afterAll(async () => {
  await program?.end('SIGKILL')
  await postgres?.kill()
  await rm(home, { recursive: true, force: true })
})

/** Somebody in a room apart, with nothing but a socket: each answer is the hub's own. */
async function openProbe() {
  const { people, rooms } = await foundTown(databaseUrl, { people: 1, rooms: 1 })
  const [roomId, { email }] = [rooms[0] as RoomId, people[0]!]
  const { session } = await signIn(program.url, { email, password: PASSWORD })
  const socket: Socket = openSocketIo(program.url, '/socket.io', {
    token: session.accessToken,
    sdk: SDK_VERSION,
    protocol: PROTOCOL_VERSION,
  })
  let cuts = 0
  socket.on('disconnect', () => cuts++)
  await new Promise<void>((done, fail) => {
    socket.on('connect', done)
    socket.on('connect_error', fail)
  })
  const say = (text: string) => ({ commandId: commandId(), roomId, text })
  const post = async (text: string) => {
    const headers = { authorization: `Bearer ${session.accessToken}`, 'content-type': 'application/json', 'idempotency-key': commandId() }
    const init = { method: 'POST', headers, body: JSON.stringify({ text }) }
    const response = await fetch(`${program.url}/api/v1/rooms/${roomId}/messages`, init)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const send = (text: string) => socket.emitWithAck('chat.send', say(text), 60_000)
  const sync = () => socket.emitWithAck('room.sync', { roomId, after: 0 }, 60_000)
  const heard = async () => {
    const reply = await sync()
    if (!reply.ok) throw new Error(reply.error.code)
    return reply.data.events.flatMap((event) => (event.type === 'chat.messageSent' ? [event.data.personal?.text] : []))
  }
  return { send, sync, post, heard, cuts: () => cuts, close: () => socket.close() }
}

const poll = { timeout: 60_000, interval: 1 }
const report = (what: string) => process.env.PARLEY_FAULT_SHOW && console.log(what)

/** How long after PostgreSQL is back a write goes through again, and after it the crowd's, in ms. */
async function recover(crowd: Crowd, probe: Awaited<ReturnType<typeof openProbe>>): Promise<void> {
  const [since, before] = [performance.now(), crowd.acknowledged.length]
  await expect.poll(() => probe.send('I am back'), { timeout: RECOVERY, interval: 20 }).toMatchObject({ ok: true })
  report(`written again after ${Math.round(performance.now() - since)} ms`)
  await expect.poll(() => crowd.acknowledged.length, poll).toBeGreaterThan(before)
  report(`the crowd goes on after ${Math.round(performance.now() - since)} ms`)
  expect(performance.now() - since).toBeLessThan(RECOVERY)
}

async function story(play: (crowd: Crowd, probe: Awaited<ReturnType<typeof openProbe>>, random: () => number) => Promise<void>) {
  const town: Town = await foundTown(databaseUrl, SIZE)
  const [probe, crowd] = [await openProbe(), await Crowd.gather(town, program.url)]
  const statuses: string[] = []
  crowd.onStatus((status) => statuses.push(status))
  try {
    const done = crowd.speak(EACH)
    await play(crowd, probe, randomFrom(SEED))
    await done
    await crowd.expectConverged()
    await crowd.expectWhole()
    expect(statuses.filter((status) => !CONNECTED.has(status))).toEqual([]) // nobody lost the connection
    expect(probe.cuts()).toBe(0)
    expect(program.lines().filter(({ level }) => level === 'error')).toEqual([])
  } finally {
    probe.close()
    crowd.close()
  }
}

test(
  `P1, P3: PostgreSQL killed twice loses nothing acknowledged, and each message is there once [seed ${SEED}]`,
  { timeout: 240_000 },
  () =>
    story(async (crowd, probe, random) => {
      for (const moment of [1, Math.floor(ALL * (0.2 + random() * 0.6))]) {
        await expect.poll(() => crowd.acknowledged.length, poll).toBeGreaterThanOrEqual(moment)
        const { port } = postgres
        await postgres.kill()
        await expect.poll(() => probe.sync(), poll).toMatchObject(UNAVAILABLE)
        const acknowledged = crowd.acknowledged.length
        expect(acknowledged).toBeLessThan(ALL)
        const [sent, posted, ready] = await Promise.all([probe.send('lost'), probe.post('lost'), statusOf(`${program.url}/readyz`)])
        expect(sent).toMatchObject(UNAVAILABLE)
        expect(posted).toMatchObject({ status: 503, body: { code: 'server.unavailable', retryable: true } })
        expect(ready).toBe(503)
        expect(await statusOf(`${program.url}/livez`)).toBe(200)
        expect(crowd.acknowledged.length).toBe(acknowledged)
        expect(crowd.statuses.filter((status) => !CONNECTED.has(status))).toEqual([])

        postgres = await startPostgres({ dataDir: join(home, 'postgres') })
        expect(postgres.port).toBe(port)
        const { committed } = await crowd.expectAcknowledgedInLog()
        report(`killed at ${acknowledged} acknowledged; ${committed} committed when it was back`)
        await recover(crowd, probe)
      }
      expect(await probe.heard()).toEqual(['I am back', 'I am back']) // and nothing that was refused
    }),
)

test(`P1, P3: PostgreSQL that hangs and goes on again answers nothing falsely and loses nothing [seed ${SEED}]`, { timeout: 240_000 }, () =>
  story(async (crowd, probe, random) => {
    await expect.poll(() => crowd.acknowledged.length, poll).toBeGreaterThanOrEqual(Math.floor(ALL * (0.1 + random() * 0.6)))
    const frozen = await freeze()
    try {
      // Each takes the second after which PostgreSQL is as good as gone.
      expect(await statusOf(`${program.url}/readyz`)).toBe(503)
      const acknowledged = crowd.acknowledged.length
      expect(acknowledged).toBeLessThan(ALL)
      for (let i = 0; i < 3; i++) expect(await statusOf(`${program.url}/readyz`)).toBe(503)
      expect(crowd.acknowledged.length).toBe(acknowledged)
      expect(crowd.statuses.filter((status) => !CONNECTED.has(status))).toEqual([])
    } finally {
      for (const pid of frozen) signal(pid, 'SIGCONT')
    }
    await recover(crowd, probe)
  }),
)

/** Stops all of PostgreSQL's processes where they are; the postmaster first, so that it makes no more. */
async function freeze(): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ cluster_name: string }>('show cluster_name')
  await client.end()
  signal(postgres.pid, 'SIGSTOP')
  const children = processes().flatMap(({ pid, command }) => (command.startsWith(`postgres: ${rows[0]!.cluster_name}`) ? [pid] : []))
  for (const pid of children) signal(pid, 'SIGSTOP')
  return [postgres.pid, ...children]
}
