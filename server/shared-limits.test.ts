import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openRedis, type Redis } from '../persistence/redis.ts'
import { startTestRedis, type TestRedis } from '../persistence/testing-redis.ts'
import { readConfig } from './config.ts'
import { limited } from './limits.ts'
import { limitsFrom } from './limits-from.ts'

let server: TestRedis
const links: Redis[] = []
beforeEach(async () => {
  server = await startTestRedis()
})
afterEach(async () => {
  for (const link of links.splice(0)) link.close()
  await server.close()
})

/** A process of its own, as far as limits go. */
async function node(settings: Record<string, string>) {
  const link = openRedis(server.url)
  links.push(link)
  await link.settled(5_000)
  return limitsFrom(readConfig(settings), link)
}
const slow = { RATE_PER_SECOND: '0.01', RATE_BURST: '100' }
const soon = { timeout: 5_000, interval: 20 }

test('what is spent on one node is spent on the others', async () => {
  const [one, two] = [await node(slow), await node(slow)]
  for (let n = 0; n < 99; n++) expect(one.commands.take('ada')).toBe(true)
  expect(two.commands.take('ada')).toBe(true) // the hundredth of both together
  await expect.poll(() => two.commands.wait('ada'), soon).toBeGreaterThan(90)
  await expect.poll(() => one.commands.wait('ada'), soon).toBe(1) // as far as this one knows there is one left
  expect(two.commands.take('ada')).toBe(false)
  expect(two.commands.take('grace')).toBe(true)
})

test('two busy nodes together allow hardly more than one would', async () => {
  const settings = { RATE_PER_SECOND: '100', RATE_BURST: '100' }
  const nodes = [await node(settings), await node(settings)]
  const began = performance.now()
  let allowed = 0
  while (performance.now() - began < 2_000) {
    for (const { commands } of nodes) for (let n = 0; n < 5; n++) allowed += Number(commands.take('ada'))
    await sleep(5)
  }
  const alone = 100 + ((performance.now() - began) / 1_000) * 100
  expect(allowed).toBeGreaterThan(alone * 0.6)
  expect(allowed).toBeLessThan(alone * 1.5) // without knowing of each other it would be twice as much
})

test('what cannot be told is not kept, and each node goes on alone', async () => {
  const [one, two] = [await node(slow), await node(slow)]
  await server.signal('SIGKILL')
  await expect.poll(() => links.map((link) => link.counters.status === 'ready'), soon).toEqual([false, false])
  for (const { commands } of [one, two]) {
    const taken = Array.from({ length: 150 }, () => commands.take('ada')).filter(Boolean)
    expect(taken).toHaveLength(100)
  }
  await sleep(300) // longer than it would take to tell
  await server.start()
  const three = await node(slow)
  await expect.poll(() => links.map((link) => link.counters.status), soon).toEqual(['ready', 'ready', 'ready'])
  expect(three.commands.take('ada')).toBe(true)
  await sleep(500)
  expect(Array.from({ length: 150 }, () => three.commands.take('ada')).filter(Boolean)).toHaveLength(99)
})

test('attempts to sign in are counted by all nodes together, one by one', async () => {
  const settings = { SIGN_INS_PER_EMAIL: '10' }
  const nodes = [await node(settings), await node(settings), await node(settings)]
  const attempts = await Promise.all(
    nodes.flatMap(({ signInsByEmail }) => Array.from({ length: 10 }, () => Promise.resolve(signInsByEmail.take('ada')))),
  )
  expect(attempts.filter(Boolean)).toHaveLength(10)
  expect(await nodes[0]!.signInsByEmail.take('grace')).toBe(true)
  const refusing = nodes.find(({ signInsByEmail }) => signInsByEmail.wait('ada') > 800)! // until the quarter of an hour is over
  expect(limited(refusing, 'signInsByEmail', 'ada')).toMatchObject({
    code: 'rate.limited',
    message: expect.stringContaining('SIGN_INS_PER_EMAIL'),
  })
})

test.each(['SIGKILL', 'SIGSTOP'] as const)(
  'with Redis gone by %s an attempt to sign in is decided by the node alone, and in time',
  async (signal) => {
    const one = await node({ SIGN_INS_PER_EMAIL: '10' })
    await server.signal(signal)
    const began = performance.now()
    const attempts = await Promise.all(Array.from({ length: 20 }, () => one.signInsByEmail.take('ada')))
    expect(attempts.filter(Boolean)).toHaveLength(10)
    expect(performance.now() - began).toBeLessThan(5_000) // far below the time a client waits
  },
)

test('counting across nodes costs a command next to nothing', async () => {
  const one = await node({ RATE_PER_SECOND: '100000', RATE_BURST: '1000000' })
  const began = performance.now()
  for (let n = 0; n < 100_000; n++) one.commands.take(`person ${n % 1_000}`)
  expect((performance.now() - began) / 100_000).toBeLessThan(0.02) // ms; a chat message costs a quarter
})
