import { afterEach, beforeEach, expect, test } from 'vitest'
import { openRedis, type Redis, type RedisState } from './redis.ts'
import { startTestRedis, type TestRedis } from './testing-redis.ts'

let server: TestRedis
let links: Redis[]
beforeEach(async () => {
  server = await startTestRedis()
  links = [openRedis(server.url), openRedis(server.url)]
})
afterEach(async () => {
  for (const link of links) link.close()
  await server.close()
})

const soon = { timeout: 10_000, interval: 10 }
/** Links that are on, with what the second of them hears. */
async function open() {
  const [speaker, hearer] = links as [Redis, Redis]
  const heard: string[] = []
  hearer.listen(['news'], ['room/*'], (channel, message, isPattern) => heard.push(`${channel} ${message} ${isPattern}`))
  await expect.poll(() => speaker.listeners('news'), soon).toBe(1)
  await expect.poll(() => links.map((link) => link.state().on), soon).toEqual([true, true])
  return { speaker, hearer, heard }
}

test('channels and patterns are heard, and again after everybody was cut off', async () => {
  const { speaker, heard } = await open()
  speaker.publish('news', 'one')
  speaker.publish('room/1', Buffer.from('two'))
  speaker.publish('olds', 'three')
  await expect.poll(() => heard, soon).toEqual(['news one false', 'room/1 two true'])
  await server.command('client', 'kill', 'skipme', 'yes')
  await expect
    .poll(() => {
      speaker.publish('room/2', 'again')
      return heard.at(-1)
    }, soon)
    .toBe('room/2 again true')
})

test('its going and its coming back are told, and what is said meanwhile is dropped', async () => {
  const { speaker, heard } = await open()
  const states: boolean[] = []
  speaker.onChange(({ on }: RedisState) => states.push(on))
  await server.signal('SIGKILL')
  await expect.poll(() => speaker.state().on, soon).toBe(false)
  expect(Date.now() - speaker.state().since.getTime()).toBeLessThan(10_000)
  speaker.publish('news', 'to nobody')
  expect(await speaker.listeners('news')).toBeNull()
  await server.start()
  const { speaker: again } = await open()
  again.publish('news', 'back')
  await expect.poll(() => heard, soon).toEqual(['news back false'])
  expect(states).toEqual([false, true])
})

test('to a Redis that hangs only so much is said, and it is left for dead in time', async () => {
  const { speaker } = await open()
  await server.signal('SIGSTOP')
  const before = process.memoryUsage().rss
  const text = 'x'.repeat(500_000)
  for (let n = 0; n < 2_000; n++) speaker.publish('news', `${n} ${text}`) // a gigabyte
  await new Promise((done) => setImmediate(done))
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
  const began = performance.now()
  await expect.poll(() => speaker.state().on, soon).toBe(false)
  expect(performance.now() - began).toBeLessThan(6_000)
  await server.signal('SIGCONT')
  await open()
})

test('one that was never there is no reason to wait or to fail', async () => {
  await server.signal('SIGKILL')
  const late = openRedis(server.url)
  links.push(late)
  const began = performance.now()
  expect(await late.settled(500)).toMatchObject({ on: false })
  expect(performance.now() - began).toBeLessThan(3_000)
  late.publish('news', 'x')
  await expect(late.counters.get('x')).rejects.toThrow()
  await server.start()
  expect(await late.settled(10_000)).toMatchObject({ on: true })
})
