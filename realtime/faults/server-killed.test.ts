import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../../persistence/testing/random.ts'
import { openTestDatabase, type TestDatabase } from '../../persistence/testing.ts'
import { newKey } from '../../server/testing.ts'
import { Crowd, foundTown, type Town } from './testing-crowd.ts'
import { freePort, type Program, runProgram } from './testing-program.ts'

/** Chooses the moments of the kills; `PARLEY_FAULT_SEED` replays one. */
const SEED = Number(process.env.PARLEY_FAULT_SEED ?? Date.now() % 1_000_000)
const PEOPLE = 20
const EACH = 50 // in each of their two rooms
const ALL = PEOPLE * 2 * EACH

let database: TestDatabase
let town: Town
let start: () => Promise<Program>
let program: Program
beforeAll(async () => {
  database = await openTestDatabase()
  town = await foundTown(database.url, { people: PEOPLE, rooms: 5 })
  const port = await freePort()
  const keys = { TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey() }
  // Tokens of ten seconds, so that some are renewed while there is nobody to renew them.
  const env = { ...keys, DATABASE_URL: database.url, ACCESS_TOKEN_SECONDS: '10', RATE_PER_SECOND: '100000', RATE_BURST: '100000' }
  start = () => runProgram({ port, env }).ready()
  program = await start()
})
afterAll(async () => {
  await program?.end('SIGKILL')
  await database?.close()
})

test(`P1, P3: a server killed again and again keeps what it acknowledged, and the clients send the rest once [seed ${SEED}]`, {
  timeout: 240_000,
}, async () => {
  const random = randomFrom(SEED)
  const between = (low: number, high: number) => Math.floor(low + random() * (high - low))
  const crowd = await Crowd.gather(town, program.url)
  try {
    const done = crowd.speak(EACH)
    // The very first answer; twice at any time; and in the middle of everybody's coming back.
    const moments = [1, between(50, ALL * 0.4), between(ALL * 0.45, ALL * 0.8), null]
    let unanswered = 0
    for (const moment of moments) {
      if (moment !== null)
        await expect.poll(() => crowd.acknowledged.length, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(moment)
      await sleep(random() * (moment === null ? 300 : 10))
      await program.end('SIGKILL')
      expect(crowd.acknowledged.length).toBeLessThan(ALL)
      const acknowledged = crowd.acknowledged.length
      const { committed } = await crowd.expectAcknowledgedInLog()
      unanswered += committed - acknowledged
      if (process.env.PARLEY_FAULT_SHOW) console.log(`killed at ${acknowledged} acknowledged, ${committed} committed`)
      program = await start()
    }
    expect(unanswered).toBeGreaterThan(0) // some were on disk already, and nobody had been told
    await done
    await crowd.expectConverged()
    await crowd.expectWhole()
    expect(program.lines().filter(({ level }) => level === 'error')).toEqual([])
  } finally {
    crowd.close()
  }
})
