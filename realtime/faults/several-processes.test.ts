import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Parley, type Room, signIn } from '../../client-sdk/src/index.ts'
import { openTestDatabase, type TestDatabase } from '../../persistence/testing.ts'
import { startTestRedis, type TestRedis } from '../../persistence/testing-redis.ts'
import { newKey, PASSWORD } from '../../server/testing.ts'
import { foundTown, type Town } from './testing-crowd.ts'
import { freePort, type Program, runProgram } from './testing-program.ts'

let database: TestDatabase
let redis: TestRedis
let town: Town
/** The two that run together now, and all that were started. */
let programs: Program[]
const started: Program[] = []
const parleys: Parley[] = []
beforeAll(async () => {
  database = await openTestDatabase()
  redis = await startTestRedis()
  town = await foundTown(database.url, { people: 2, rooms: 1 })
  programs = await startTwo()
}, 120_000)
afterAll(async () => {
  for (const parley of parleys) parley.close()
  for (const program of started) await program.end('SIGKILL')
  await redis?.close()
  await database?.close()
})

async function startTwo(): Promise<Program[]> {
  const env = { TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey(), DATABASE_URL: database.url, REDIS_URL: redis.url, SIGN_INS_PER_EMAIL: '3' }
  for (let n = 0; n < 2; n++) started.push(runProgram({ port: await freePort(), env }))
  return Promise.all(started.slice(-2).map((program) => program.ready()))
}

const soon = { timeout: 10_000, interval: 50 }
const ceiling = { timeout: 3_000, interval: 10 }

async function enter(person: number): Promise<Room> {
  const { url } = programs[person]!
  const { getToken } = await signIn(url, { email: town.people[person]!.email, password: PASSWORD })
  const parley = connect({ url, getToken })
  parleys.push(parley)
  return parley.room(town.rooms[0]!).join()
}
const lastOf = (room: Room) => room.state.messages.at(-1)?.text

/** What each process says of Redis, and whether it is ready. */
const readiness = () =>
  Promise.all(
    programs.map(async ({ url }) => {
      const response = await fetch(`${url}/readyz`)
      const { engines } = (await response.json()) as { engines: { name: string; on: boolean; why: string }[] }
      const { on, why } = engines.find(({ name }) => name === 'Redis')!
      return { status: response.status, on, why }
    }),
  )
const engine = (on: boolean, why: RegExp) => Array(2).fill({ status: 200, on, why: expect.stringMatching(why) })

test('two processes talk by Redis, go on talking without it, and say how it stands', { timeout: 120_000 }, async () => {
  const [here, there] = [await enter(0), await enter(1)]
  await expect.poll(readiness, soon).toEqual(engine(true, /REDIS_URL/))
  await here.send('by Redis')
  await expect.poll(() => lastOf(there), ceiling).toBe('by Redis')

  await redis.signal('SIGKILL')
  await expect.poll(readiness, soon).toEqual(engine(false, /^lost since \d{4}-.*within a second$/))
  await here.send('by the log')
  await expect.poll(() => lastOf(there), ceiling).toBe('by the log')
  await there.send('and back')
  await expect.poll(() => lastOf(here), ceiling).toBe('and back')

  await redis.start()
  await expect.poll(readiness, soon).toEqual(engine(true, /REDIS_URL/))
  await programs[0]!.end('SIGKILL')
  await there.send('alone')
  expect(lastOf(there)).toBe('alone')
  expect(await programs[1]!.end('SIGTERM')).toBe(0)
  expect(programs.flatMap((program) => program.lines()).filter(({ level }) => level === 'error')).toEqual([])
})

test('attempts to sign in count on all processes together', { timeout: 120_000 }, async () => {
  programs = await startTwo()
  const attempt = async ({ url }: Program) => {
    const body = JSON.stringify({ email: 'ada@example.com', password: 'wrong' })
    const response = await fetch(`${url}/api/v1/sessions`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
    const { code, retryAfter } = (await response.json()) as { code: string; retryAfter?: number }
    expect(response.headers.get('Retry-After')).toBe(retryAfter === undefined ? null : `${retryAfter}`)
    return code
  }
  const codes: string[] = []
  for (let n = 0; n < 3; n++) for (const program of programs) codes.push(await attempt(program))
  expect(codes).toEqual([...Array<string>(3).fill('session.badCredentials'), ...Array<string>(3).fill('rate.limited')])
})
