import type { Client } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApplicationId,
  type CampaignId,
  ListWorkflows,
  newId,
  type UserId,
  type WorkflowKind,
  type WorkflowRun,
} from '../client-sdk/contract/index.ts'
import type { WorkflowAdmin } from '../server/ports.ts'
import { workflowAdmin } from './admin.ts'
import { kinds, workflowId } from './kinds.ts'
import { type TestServer, testServer } from './testing.ts'
import { testClient } from './testing-client.ts'

let server: TestServer
let client: Client
let closeClient: () => Promise<void>
let admin: WorkflowAdmin
beforeAll(async () => {
  server = await testServer()
  ;({ client, close: closeClient } = await testClient(server))
  admin = workflowAdmin(() => client, 'default')
})
afterAll(async () => {
  await closeClient()
  await server.close()
})

/** A run that nobody works at. */
const begin = async (kind: WorkflowKind, entity: string): Promise<string> => {
  const { definition, queue: taskQueue } = kinds[kind]
  await client.workflow.start(definition, { workflowId: workflowId(kind, entity), taskQueue, args: [entity] })
  return workflowId(kind, entity)
}
const foreign = (workflowType: string, id: string) => client.workflow.start(workflowType, { workflowId: id, taskQueue: 'theirs' })
const list = (question: object = {}) => admin.list(ListWorkflows.parse(question))
const ids = (runs: { items: WorkflowRun[] }) => runs.items.map((run) => run.workflowId)
/** Temporal shows what it was just told a moment later. */
const shows = (question: object, wanted: readonly string[]) =>
  expect.poll(async () => ids(await list(question)), { timeout: 15_000 }).toEqual(wanted)

describe('the list', () => {
  test('finds an application with its offers, and what else is of its id, the newest first', async () => {
    const application = newId<ApplicationId>()
    const [first, second, third] = [
      await begin('application', application),
      await begin('offer', `${application}:1`),
      await begin('offer', `${application}:2`),
    ]
    await begin('application', newId<ApplicationId>())
    await begin('offer', `${newId<ApplicationId>()}:1`)
    await shows({ entity: application }, [third, second, first])
    await shows({ entity: application, kind: 'offer' }, [third, second])
    await shows({ entity: `${application}:1` }, [second])
    await shows({ entity: application, kind: 'campaign' }, [])
    expect((await list({ entity: `${application}:2` })).items).toEqual([
      {
        workflowId: third,
        runId: expect.any(String),
        kind: 'offer',
        entity: `${application}:2`,
        state: 'running',
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        endedAt: null,
      },
    ])
  })

  test('is filtered by state: what goes on comes before what is over', async () => {
    const campaign = newId<CampaignId>()
    const over = await begin('campaign', campaign)
    await client.workflow.getHandle(over).terminate()
    const running = await begin('campaign', campaign)
    await shows({ entity: campaign }, [running, over])
    const states = async (question: object) => (await list({ entity: campaign, ...question })).items.map(({ state }) => state)
    expect(await states({})).toEqual(['running', 'terminated'])
    expect(await states({ state: 'running' })).toEqual(['running'])
    expect(await states({ state: 'terminated' })).toEqual(['terminated'])
    for (const state of ['completed', 'failed', 'cancelled', 'timedOut', 'continued']) expect(await states({ state })).toEqual([])
    expect((await list({ entity: campaign, state: 'terminated' })).items[0]!.endedAt).toMatch(/Z$/)
  })

  test('comes in pages that miss nothing and repeat nothing, each good for its own question', async () => {
    const application = newId<ApplicationId>()
    const all: string[] = []
    for (let offer = 1; offer <= 7; offer++) all.unshift(await begin('offer', `${application}:${offer}`))
    await shows({ entity: application }, all)
    const question = { entity: application, limit: 3 }
    const pages: string[][] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await list({ ...question, ...(cursor && { cursor }) })
      pages.push(ids(page))
      cursor = page.cursor
    }
    expect(pages).toEqual([all.slice(0, 3), all.slice(3, 6), all.slice(6)])
    const { cursor } = await list(question)
    expect(cursor).not.toMatch(/[^\w.-]/)
    const refused = { code: 'request.invalid' }
    await expect(list({ ...question, kind: 'offer', cursor })).rejects.toMatchObject(refused)
    const [name] = cursor!.split('.')
    for (const bad of ['x', '.', `${name}.`, `${name}.x`, `${name}.${Buffer.from('[1]').toString('base64url')}`, cursor!.replace('.', '')])
      await expect(list({ ...question, cursor: bad })).rejects.toMatchObject(refused)
  })

  test('has nothing of whoever else uses the namespace, whatever they call it', async () => {
    const person = newId<UserId>()
    await foreign('theirs', workflowId('digest', person))
    await foreign('theirs', `theirs:${person}`)
    await foreign('unreadDigest', `theirs-${person}`)
    await foreign('unreadDigest', person)
    const own = await begin('mail', person)
    await shows({ entity: person }, [own])
    const kept = (await list({ limit: 100 })).items
    expect(kept.filter(({ workflowId }) => workflowId.includes(person)).map((run) => run.workflowId)).toEqual([own])
  })

  test.each([`x' OR WorkflowType = 'theirs`, `x"`, 'x`', 'x\\', 'x%', 'x y', "x'", 'x\n', '', 'x'.repeat(101), 'x)', 'ї'])(
    'is not asked for %j: nothing gets into the question but ids',
    (entity) => {
      expect(ListWorkflows.safeParse({ entity }).success).toBe(false)
    },
  )

  test('takes what is an id as it is, and no letter of it stands for others', async () => {
    const [plain, similar] = [await begin('mail', 'a_b'), await begin('mail', 'axb')]
    const offers = [await begin('offer', 'a_b:1'), await begin('offer', 'axb:1')]
    await shows({ entity: 'a_b' }, [offers[0]!, plain])
    await shows({ entity: 'axb' }, [offers[1]!, similar])
  })
})

describe('a run', () => {
  test('that is long shows its last thousand steps, the first first', async () => {
    const workflowId = await begin('digest', newId())
    const handle = client.workflow.getHandle(workflowId)
    for (let n = 0; n < 11; n++) await Promise.all(Array.from({ length: 100 }, () => handle.signal('unread')))
    const { runId } = await handle.describe()
    const { steps, pending, state } = (await admin.history({ workflowId, runId }))!
    expect([state, pending, steps.length]).toEqual(['running', [], 1_000])
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 1_000 }, (_, i) => steps[0]!.step + i))
    expect(steps.at(-1)).toEqual({ step: 1_102, at: expect.stringMatching(/Z$/), type: 'run signalled', about: 'unread', failure: null })
  })

  test('that is none of ours, or none at all, is not found and not moved', async () => {
    const handle = await foreign('theirs', `mail:${newId()}`)
    const theirs = { workflowId: handle.workflowId, runId: (await handle.describe()).runId }
    const nowhere = { workflowId: workflowId('mail', newId()), runId: newId<string>() }
    const own = { workflowId: await begin('mail', newId()), runId: newId<string>() }
    for (const which of [theirs, nowhere, own]) {
      expect(await admin.history(which)).toBeUndefined()
      for (const move of ['retry', 'reset', 'cancel'] as const) {
        const order = { ...which, move, commandId: newId<never>(), reason: 'It hangs' }
        expect(await admin.refusal(order)).toMatchObject({ code: 'resource.notFound' })
      }
    }
    expect((await handle.describe()).status.name).toBe('RUNNING')
  })
})

test('Temporal away, or frozen, is told within seconds, as something to try again', async () => {
  const away = await testServer()
  const its = await testClient(away)
  const lost = workflowAdmin(() => its.client, 'default')
  expect((await lost.list(ListWorkflows.parse({}))).items).toEqual([])
  const isTold = async () => {
    const began = performance.now()
    await expect(lost.list(ListWorkflows.parse({}))).rejects.toMatchObject({ code: 'server.unavailable', retryable: true })
    expect(performance.now() - began).toBeLessThan(8_000)
  }
  process.kill(away.server().pid, 'SIGSTOP')
  await isTold()
  await away.close()
  await isTold()
  await its.close()
  await expect(workflowAdmin(() => null, 'default').list(ListWorkflows.parse({}))).rejects.toMatchObject({ code: 'server.unavailable' })
})
