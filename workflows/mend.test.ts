import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  type CommandId,
  ListWorkflows,
  type MailId,
  newId,
  ParleyError,
  type WorkflowMove,
  type WorkflowRun,
} from '../client-sdk/contract/index.ts'
import { deadLetters } from '../persistence/dead-letters.ts'
import { queueMail } from '../persistence/mail.ts'
import { smtpMailer } from '../server/mail/smtp.ts'
import { type SmtpServer, smtpServer } from '../server/mail/testing-smtp.ts'
import type { Mailer, WorkflowAdmin } from '../server/ports.ts'
import type { TestPerson } from '../server/testing.ts'
import { type Rest, restWorld } from '../server/testing-rest.ts'
import { workflowAdmin } from './admin.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import type { Temporal } from './engine.ts'
import { kinds, workflowId } from './kinds.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

/** An hour that is over in a moment; and one that is not. */
const short: Patience = { tries: 2, pause: 100, longest: 100 }
const long: Patience = { tries: 100, pause: 3_600_000, longest: 3_600_000 }

let w: Rest
let server: TestServer
let temporal: Temporal
let admin: TestPerson
let token: string
/** How mail goes, of the worker that there is; closed and opened by tests. */
let post: SmtpServer
let port: number
beforeAll(async () => {
  w = await restWorld({ workflows: faulty(workflowAdmin(() => temporal.client(), 'default')) })
  server = await testServer()
  post = await smtpServer()
  port = post.port
  temporal = await testWorker(w, server, { mailer: mailer(), patience: short })
  admin = await w.person('admin')
  token = await w.token(admin)
  await vi.waitUntil(() => temporal.client(), { timeout: 30_000 })
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await post.close()
  await w.close()
})

/** When the next move is lost: on its way to Temporal, or on its way back. */
let lost: 'before' | 'after' | null = null
const faulty = (admin: WorkflowAdmin): WorkflowAdmin => ({
  ...admin,
  async move(order) {
    const when = lost
    lost = null
    const away = new ParleyError('server.unavailable', 'Temporal cannot be reached')
    if (when === 'before') throw away
    const moved = await admin.move(order)
    if (when === 'after') throw away
    return moved
  },
})
const mailer = (): Mailer => smtpMailer({ url: `smtp://127.0.0.1:${port}`, from: { name: 'Parley', address: 'parley@example.com' } })
const client = () => temporal.client()!
let people = 0
async function write(): Promise<{ mailId: MailId; to: string }> {
  const to = `reader-${people++}@example.net`
  await w.db.orm.em.fork().transactional((em) => queueMail(em, { to, subject: 'Hello', text: 'Zx81' }))
  const { rows } = await w.db.pool.query<{ id: MailId }>('select id from mail where recipient = $1', [to])
  return { mailId: rows[0]!.id, to }
}
/** Begins to deliver a mail, with this much patience. */
async function deliver({ mailId }: { mailId: MailId }, patience: Patience): Promise<void> {
  const { definition, queue: taskQueue } = kinds.mail
  await client().workflow.start(definition, { workflowId: workflowId('mail', mailId), taskQueue, args: [mailId, patience] })
}
const runs = async (question: object): Promise<WorkflowRun[]> => (await w.house.workflows!.list(ListWorkflows.parse(question))).items
const statesOf = async (entity: string) => (await runs({ entity })).map(({ state }) => state)
const shows = (entity: string, states: string[]) => expect.poll(() => statesOf(entity), { timeout: 30_000 }).toEqual(states)
const runOf = async (entity: string, state: string) => (await runs({ entity, state }))[0]!
const historyOf = async ({ workflowId, runId }: WorkflowRun) => (await w.house.workflows!.history({ workflowId, runId }))!
const arrivedFor = (to: string) => post.arrived.filter((one) => one.to.includes(to)).length

const move = async (run: WorkflowRun, its: WorkflowMove, id = newId<CommandId>(), reason = 'The mail server was away') =>
  w.call('POST', `/api/v1/admin/workflows/${run.workflowId}/runs/${run.runId}/moves`, {
    token,
    body: { move: its, reason },
    headers: { 'Idempotency-Key': id },
  })
type Entry = { type: string; about: unknown; by: unknown; reason: string | null }
async function audit(run: WorkflowRun): Promise<Entry[]> {
  const { body } = await w.call('GET', '/api/v1/admin/audit?limit=100', { token })
  return (body.items as Entry[]).filter(({ about }) => (about as { workflowId?: string }).workflowId === run.workflowId)
}

test('a mail server that is down for an hour: the run is seen as failed, is reset, and the mail arrives once', async () => {
  await post.close()
  const mail = await write()
  expect(await temporal.carry(mail.mailId)).toBe(true)
  await shows(mail.mailId, ['failed'])
  expect((await deadLetters(w.db.pool, null, 10)).map(({ to }) => to)).toEqual([mail.to])
  const failed = await runOf(mail.mailId, 'failed')
  const history = await historyOf(failed)
  expect(history.steps.filter(({ failure }) => failure)).toMatchObject([
    { type: 'activity started', about: 'sendMail' },
    { type: 'activity failed', about: 'sendMail', failure: expect.stringMatching(/^mail.failed: /) },
    { type: 'run failed', about: null, failure: expect.stringMatching(/^mail.failed: /) },
  ])
  expect(JSON.stringify(history)).not.toMatch(/Zx81|example.net/)

  post = await smtpServer({}, port)
  const id = newId<CommandId>()
  const answers = await Promise.all([move(failed, 'reset', id), move(failed, 'reset', id)])
  await expect.poll(() => arrivedFor(mail.to), { timeout: 30_000 }).toBe(1)
  answers.push(await move(failed, 'reset', id))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1)
  expect(answers[0]!.body).toEqual({ workflowId: failed.workflowId, runId: expect.not.stringContaining(failed.runId) })
  await shows(mail.mailId, ['completed', 'failed'])
  expect((await runOf(mail.mailId, 'completed')).runId).toBe(answers[0]!.body.runId)
  expect(await deadLetters(w.db.pool, null, 10)).toEqual([])
  expect(arrivedFor(mail.to)).toBe(1)
  expect(await audit(failed)).toEqual([
    {
      seq: expect.any(Number),
      at: expect.any(String),
      type: 'workflow.moved',
      about: { workflowId: failed.workflowId, runId: failed.runId, move: 'reset' },
      by: { userId: admin.userId, name: admin.name },
      reason: 'The mail server was away',
    },
  ])
})

test('what fails is tried at once, however long it was to wait, and the run goes on', async () => {
  await post.close()
  const mail = await write()
  await deliver(mail, long)
  await shows(mail.mailId, ['running'])
  const run = await runOf(mail.mailId, 'running')
  await expect.poll(async () => (await historyOf(run)).pending[0]?.failure ?? null, { timeout: 30_000 }).not.toBeNull()
  expect((await historyOf(run)).pending).toEqual([
    { activity: 'sendMail', tries: 2, failure: expect.stringMatching(/^mail.failed: /), nextAt: expect.stringMatching(/Z$/) },
  ])
  post = await smtpServer({}, port)
  const id = newId<CommandId>()
  expect(await move(run, 'retry', id)).toMatchObject({ status: 200, body: { runId: run.runId } })
  await shows(mail.mailId, ['completed'])
  expect(await move(run, 'retry', id)).toMatchObject({ status: 200, body: { runId: run.runId } })
  expect(arrivedFor(mail.to)).toBe(1)
  expect(await audit(run)).toHaveLength(1)
})

test('a run that goes on is reset to before what fails', async () => {
  await post.close()
  const mail = await write()
  await deliver(mail, long)
  await shows(mail.mailId, ['running'])
  const run = await runOf(mail.mailId, 'running')
  await expect.poll(async () => (await historyOf(run)).pending[0]?.failure ?? null, { timeout: 30_000 }).not.toBeNull()
  post = await smtpServer({}, port)
  expect((await move(run, 'reset')).status).toBe(200)
  await shows(mail.mailId, ['completed', 'terminated'])
  expect(arrivedFor(mail.to)).toBe(1)
})

test('a run that has ended badly begins anew with what it was given, and the order sent again begins no other', async () => {
  await post.close()
  const mail = await write()
  await temporal.carry(mail.mailId)
  await shows(mail.mailId, ['failed'])
  post = await smtpServer({}, port)
  const failed = await runOf(mail.mailId, 'failed')
  const id = newId<CommandId>()
  const answers = await Promise.all(Array.from({ length: 3 }, () => move(failed, 'retry', id)))
  await shows(mail.mailId, ['completed', 'failed'])
  answers.push(await move(failed, 'retry', id))
  const { runId } = await runOf(mail.mailId, 'completed')
  expect(answers.map(({ status, body }) => [status, body.runId])).toEqual(answers.map(() => [200, runId]))
  expect(arrivedFor(mail.to)).toBe(1)
  expect(await audit(failed)).toHaveLength(1)
})

test('of people who mend the same run at the same moment one does, and the others are refused', async () => {
  await post.close()
  const mail = await write()
  await temporal.carry(mail.mailId)
  await shows(mail.mailId, ['failed'])
  post = await smtpServer({}, port)
  const failed = await runOf(mail.mailId, 'failed')
  const answers = await Promise.all((['reset', 'retry', 'reset', 'retry'] as const).map((its) => move(failed, its)))
  expect(answers.map(({ body }) => body.code ?? 'ok').toSorted()).toEqual(['ok', ...Array(3).fill('workflow.illegalMove')])
  await shows(mail.mailId, ['completed', 'failed'])
  expect(await audit(failed)).toHaveLength(1)
  expect(arrivedFor(mail.to)).toBe(1)
})

test('a run is cancelled, and the order sent again is answered the same; it can begin anew', async () => {
  await post.close()
  const mail = await write()
  await deliver(mail, long)
  await shows(mail.mailId, ['running'])
  const run = await runOf(mail.mailId, 'running')
  const id = newId<CommandId>()
  expect(await move(run, 'cancel', id)).toMatchObject({ status: 200, body: { runId: run.runId } })
  expect(await move(run, 'cancel', id)).toMatchObject({ status: 200, body: { runId: run.runId } })
  await shows(mail.mailId, ['cancelled'])
  expect(await move(run, 'cancel', id)).toMatchObject({ status: 200, body: { runId: run.runId } })
  expect(await audit(run)).toHaveLength(1)
  post = await smtpServer({}, port)
  expect((await move(run, 'retry')).status).toBe(200)
  await shows(mail.mailId, ['completed', 'cancelled'])
  expect(arrivedFor(mail.to)).toBe(1)
})

test.each([
  ['reset', 'before'],
  ['reset', 'after'],
  ['retry', 'before'],
  ['retry', 'after'],
] as const)('a %s that is lost, or whose answer is (%s), is done once by the same order, and told once', async (its, when) => {
  await post.close()
  const mail = await write()
  await temporal.carry(mail.mailId)
  await shows(mail.mailId, ['failed'])
  post = await smtpServer({}, port)
  const failed = await runOf(mail.mailId, 'failed')
  const id = newId<CommandId>()
  lost = when
  expect(await move(failed, its, id)).toMatchObject({ status: 503, body: { code: 'server.unavailable', retryable: true } })
  expect(await audit(failed)).toHaveLength(1)
  expect((await move(failed, its, id)).status).toBe(200)
  await shows(mail.mailId, ['completed', 'failed'])
  expect((await move(failed, its, id)).body.runId).toBe((await runOf(mail.mailId, 'completed')).runId)
  expect(await statesOf(mail.mailId)).toEqual(['completed', 'failed'])
  expect(await audit(failed)).toHaveLength(1)
})

test('what is not possible is refused, and nobody finds it in the audit stream', async () => {
  const mail = await write()
  await temporal.carry(mail.mailId)
  await shows(mail.mailId, ['completed'])
  const done = await runOf(mail.mailId, 'completed')
  const { definition, queue: taskQueue } = kinds.digest
  const entity = newId<string>()
  await client().workflow.start(definition, { workflowId: workflowId('digest', entity), taskQueue, args: [entity, 3_600_000] })
  await shows(entity, ['running'])
  const healthy = await runOf(entity, 'running')
  for (const [run, its] of [
    [done, 'retry'],
    [done, 'reset'],
    [done, 'cancel'],
    [healthy, 'retry'],
    [healthy, 'reset'],
  ] as const)
    expect([run.kind, its, (await move(run, its)).body.code]).toEqual([run.kind, its, 'workflow.illegalMove'])
  const nowhere = { ...done, runId: newId<string>() }
  expect(await move(nowhere, 'retry')).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
  expect([...(await audit(done)), ...(await audit(healthy))]).toEqual([])
  const id = newId<CommandId>()
  expect((await move(healthy, 'cancel', id)).status).toBe(200)
  expect(await move(healthy, 'cancel', id, 'For another reason')).toMatchObject({ body: { code: 'command.reused' } })
})

test('a run whose own step fails says why, and is ended where it cannot even be cancelled', async () => {
  const { definition, queue: taskQueue } = kinds.mail
  const entity = newId<MailId>()
  await client().workflow.start(definition, { workflowId: workflowId('mail', entity), taskQueue, args: [entity] }) // and no patience
  await shows(entity, ['running'])
  const run = await runOf(entity, 'running')
  await expect
    .poll(async () => (await historyOf(run)).pending, { timeout: 30_000 })
    .toEqual([{ activity: 'mailDelivery', tries: expect.any(Number), failure: expect.stringContaining('tries'), nextAt: null }])
  expect((await move(run, 'retry')).body.code).toBe('workflow.illegalMove')
  const id = newId<CommandId>()
  expect((await move(run, 'cancel', id)).status).toBe(200)
  await shows(entity, ['terminated'])
  expect(await move(run, 'cancel', id)).toMatchObject({ status: 200, body: { runId: run.runId } })
})

test('an activity that fails since PostgreSQL is away is seen, and what it was to do is done once PostgreSQL is back', async () => {
  const mail = await write()
  const name = new URL(w.url).pathname.slice(1)
  const superuser = new pg.Client({ connectionString: Object.assign(new URL(w.url), { pathname: '/postgres' }).href })
  await superuser.connect()
  const doors = async (open: boolean) => {
    await superuser.query(`alter database ${name} with allow_connections ${open}`)
    if (!open) await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  }
  try {
    await doors(false)
    await deliver(mail, long)
    await shows(mail.mailId, ['running'])
    const run = await runOf(mail.mailId, 'running')
    await expect
      .poll(async () => (await historyOf(run)).pending[0]?.failure, { timeout: 30_000 })
      .toMatch(/^server\.(unavailable|failed): /)
    expect(arrivedFor(mail.to)).toBe(0)
    await doors(true)
    await expect.poll(async () => (await move(run, 'retry')).status, { timeout: 30_000 }).toBe(200)
    await shows(mail.mailId, ['completed'])
    expect(arrivedFor(mail.to)).toBe(1)
  } finally {
    await doors(true)
    await superuser.end()
  }
}, 120_000)

test('with Temporal away administrators are told so, nothing is written, and the same order works once it is back', async () => {
  await post.close()
  const mail = await write()
  await temporal.carry(mail.mailId)
  await shows(mail.mailId, ['failed'])
  const failed = await runOf(mail.mailId, 'failed')
  post = await smtpServer({}, port)
  await server.server().kill()
  const id = newId<CommandId>()
  expect(await move(failed, 'retry', id)).toMatchObject({ status: 503, body: { code: 'server.unavailable', retryable: true } })
  expect(await w.call('GET', '/api/v1/admin/workflows', { token })).toMatchObject({ status: 503 })
  expect(await audit(failed)).toEqual([])
  await server.start()
  await expect.poll(async () => (await move(failed, 'retry', id)).status, { timeout: 60_000, interval: 1_000 }).toBe(200)
  await expect.poll(() => arrivedFor(mail.to), { timeout: 60_000 }).toBe(1)
  expect(await audit(failed)).toHaveLength(1)
}, 120_000)
