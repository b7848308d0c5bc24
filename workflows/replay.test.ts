import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { workflowBundle } from './bundle.ts'
import * as definitions from './definitions/index.ts'
import { fromText } from './testing-history-json.ts'

const DEFINITIONS = join(import.meta.dirname, 'definitions')
const HISTORIES = join(DEFINITIONS, 'histories')
type History = { events: Record<string, unknown>[] }
const texts = new Map(readdirSync(HISTORIES).map((file) => [file.replace('.json', ''), readFileSync(join(HISTORIES, file), 'utf8')]))
const histories = new Map(Array.from(texts, ([name, text]) => [name, JSON.parse(text) as History]))
const definitionOf = ({ events }: History) =>
  (events[0] as { workflowExecutionStartedEventAttributes: { workflowType: { name: string } } }).workflowExecutionStartedEventAttributes
    .workflowType.name
const has = (kind: string) =>
  [...histories.values()].filter(({ events }) => events.some((event) => `${kind}EventAttributes` in event)).length

let home: string
beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF' } } as never })
  home = mkdtempSync(join(tmpdir(), 'parley-planted-'))
  symlinkSync(join(import.meta.dirname, '../node_modules'), join(home, 'node_modules'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** The histories that the definitions as they are could not go on with, and why not. */
async function broken(bundle: Awaited<ReturnType<typeof workflowBundle>>): Promise<[string, string][]> {
  const all = Array.from(texts, ([workflowId, text]) => ({ workflowId, history: fromText(text) }))
  const failed: [string, string][] = []
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: bundle }, all))
    if (error) failed.push([workflowId, error.name])
  return failed.toSorted()
}

/** The same with a change planted into one of them. */
let planted = 0
async function brokenBy(file: string, from: string | RegExp, to: string): Promise<[string, string][]> {
  const folder = join(home, `definitions-${++planted}`)
  cpSync(DEFINITIONS, folder, { recursive: true, filter: (path) => !path.includes('histories') })
  const before = readFileSync(join(folder, file), 'utf8')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  writeFileSync(join(folder, file), after)
  return broken(await workflowBundle({ definitions: folder, cache: join(home, 'bundles') }))
}

test('there are histories of every definition, of runs that ended in every way', () => {
  expect(new Set(Array.from(histories.values(), definitionOf))).toEqual(new Set(Object.keys(definitions)))
  for (const kind of ['timerFired', 'timerCanceled', 'workflowExecutionSignaled', 'activityTaskCompleted', 'activityTaskFailed']) {
    expect([kind, has(kind)]).toEqual([kind, expect.toSatisfy((count: number) => count > 0)])
  }
  for (const end of ['Completed', 'Failed', 'Canceled', 'ContinuedAsNew'])
    expect([end, has(`workflowExecution${end}`)]).not.toEqual([end, 0])
})

test('every saved history is replayed by the definitions as they are', async () => {
  expect(await broken(await workflowBundle())).toEqual([])
})

const LOST = 'DeterminismViolationError'
const namesOf = (definition: string) => Array.from(histories).flatMap(([name, one]) => (definitionOf(one) === definition ? [name] : []))

test('a change that runs under way cannot go on with fails: another activity first', async () => {
  const failed = await brokenBy(
    'offer-expiry.ts',
    'nextOfOffer(applicationId, offer)',
    'stepOffer(applicationId, offer, {} as never) as never',
  )
  expect(failed).toEqual(
    namesOf('offerExpiry')
      .map((name) => [name, LOST])
      .toSorted(),
  )
})

test('so does one that waits no more, of every definition that keeps to moments', async () => {
  const failed = await brokenBy('keep-to.ts', /await condition\(\(\) => news > seen, [^)]+\)\)/, 'false')
  expect(failed.every(([, error]) => error === LOST)).toBe(true)
  for (const definition of ['applicationReview', 'offerExpiry', 'deliverableReminders', 'campaignLifecycle'])
    expect(failed.filter(([name]) => namesOf(definition).includes(name)).length).toBeGreaterThan(0)
})

test('and one that looks before it waits', async () => {
  const failed = await brokenBy('unread-digest.ts', /(await sleep\(.*\))\n(.*)\n/, '$2\n$1\n')
  expect(failed).toEqual(
    namesOf('unreadDigest')
      .map((name) => [name, LOST])
      .toSorted(),
  )
})

test('one that only says it otherwise does not', async () => {
  expect(await brokenBy('keep-to.ts', 'let news = 0', 'let news = 0 * 1')).toEqual([])
})
