import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { processes, signal } from '../persistence/processes.ts'
import { parties, propose } from '../server/deals/testing.ts'
import { createLog } from '../server/log.ts'
import { soon } from '../server/offers/testing.ts'
import { type World, world } from '../server/testing.ts'
import { openTemporal, type Temporal, type TemporalOptions } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

const LONG = { timeout: 180_000 }

let w: World
let server: TestServer
let open: Temporal[] = []
beforeAll(async () => {
  ;[w, server] = await Promise.all([world(), testServer()])
})
afterEach(async () => {
  await Promise.all(open.map((one) => one.stop()))
  open = []
})
afterAll(async () => {
  await server.close()
  await w.close()
})

async function worker(): Promise<Temporal> {
  const one = await testWorker(w, server)
  open.push(one)
  return one
}
function without(options: Partial<TemporalOptions>, write: (text: string) => void = () => {}): Temporal {
  const its = { address: async () => server.server().address, namespace: 'default', apiKey: null, tls: false }
  const one = openTemporal({ ...its, ...options }, createLog({ write }))
  open.push(one)
  return one
}
const isOn = (one: Temporal, on = true) => expect.poll(() => one.engine().on, { timeout: 60_000 }).toBe(on)
const describe = (one: Temporal, id: string) => one.client()?.workflow.getHandle(id).describe()
const stateOf = (one: Temporal, id: string) =>
  describe(one, id)?.then(
    ({ status }) => status.name,
    () => null,
  )

test('it says where it is and since when, or why not and what still works', LONG, async () => {
  const one = await worker()
  expect(one.engine()).toMatchObject({ name: 'Temporal', on: false, why: expect.stringMatching(/deadlines are kept$/) })
  await isOn(one)
  expect(one.engine().why).toMatch(/^by TEMPORAL_ADDRESS, since \d{4}-/)
  const bringing = without({ address: () => new Promise(() => {}), doing: () => 'it is being brought', from: 'brought' })
  expect(bringing.engine().why).toMatch(/^it is being brought\. .* deadlines are kept$/)
})

test('a namespace that it does not have is said', LONG, async () => {
  const one = without({ namespace: 'nowhere' })
  await expect.poll(() => one.engine().why, { timeout: 30_000 }).toContain('it has no namespace nowhere')
})

test('while it is away all goes on, one line in the log says so, and when it is back what was begun meanwhile is there', LONG, async () => {
  let said = ''
  const one = without({}, (text) => (said += text))
  one.work({ house: w.house, mailer: null, digestAfter: 1_000, ended: () => {} })
  await isOn(one)
  await server.server().kill()
  await isOn(one, false)
  expect([one.client(), await one.carry('any' as never)]).toEqual([null, false])
  expect(one.engine().why).toContain('it cannot be reached; away since')
  const its = await parties(w)
  await propose(w, its.campaign.manager, its, { validUntil: soon(600_000) })
  await sleep(5_000) // it is tried again, and not told again
  await server.start()
  await isOn(one)
  await expect.poll(() => stateOf(one, `offer:${its.applicationId}:1`), { timeout: 60_000 }).toBe('RUNNING')
  await one.stop() // its log is flushed
  const lines = said.split('\n').filter((line) => line.includes('"message":"temporal"') && line.includes('"level":"warn"'))
  expect(lines).toEqual([expect.stringContaining('"on":false'), expect.stringContaining('"on":true')]) // and that it is back, as loudly
})

test('one that has lost everything gets a run of all that is still going on', LONG, async () => {
  const its = await parties(w)
  await propose(w, its.campaign.manager, its, { validUntil: soon(600_000) })
  const one = await worker()
  await expect.poll(() => stateOf(one, `offer:${its.applicationId}:1`), { timeout: 60_000 }).toBe('RUNNING')
  await server.server().kill()
  for (const end of ['', '-wal', '-shm']) rmSync(join(server.folder, `temporal.db${end}`), { force: true })
  await server.start()
  await expect.poll(() => stateOf(one, `offer:${its.applicationId}:1`), { timeout: 90_000 }).toBe('RUNNING')
  await expect.poll(() => one.failure(), { timeout: 30_000 }).toBeNull()
})

test('its schedules are there once, and are put right where they are other than they are to be', LONG, async () => {
  const first = await worker()
  await isOn(first)
  const handle = () => open.at(-1)!.client()!.schedule.getHandle('brandWeek')
  await handle().update((its) => ({
    ...its,
    spec: { calendars: [{ dayOfWeek: 'FRIDAY', hour: 13 }] },
    state: { ...its.state, paused: true },
  }))
  await first.stop()
  const second = await worker()
  await isOn(second)
  const { spec, state } = await handle().describe()
  expect(spec.calendars).toMatchObject([{ dayOfWeek: [{ start: 'MONDAY' }], hour: [{ start: 6 }] }])
  expect(state.paused).toBe(true) // somebody's wish
  const ids: string[] = []
  for await (const { scheduleId } of second.client()!.schedule.list()) ids.push(scheduleId)
  expect(ids.toSorted()).toEqual(['brandWeek', 'creatorWeek'])
})

test.each(['is there', 'is gone', 'hangs'])('it stops within 5 s while Temporal %s', LONG, async (how) => {
  const one = await worker()
  await isOn(one)
  const { pid } = server.server()
  if (how === 'is gone') await server.server().kill()
  if (how === 'hangs') signal(pid, 'SIGSTOP')
  try {
    const begun = Date.now()
    await one.stop()
    expect(Date.now() - begun).toBeLessThan(10_000) // twice as long, on a machine that has much else to do
  } finally {
    if (how === 'hangs') signal(pid, 'SIGCONT')
    if (how === 'is gone') await server.start()
  }
  expect(processes().some((p) => p.pid === server.server().pid)).toBe(true)
})
