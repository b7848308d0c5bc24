import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type MailId, newId } from '../client-sdk/contract/index.ts'
import { deadLetters } from '../persistence/dead-letters.ts'
import { claimMail, queueMail, waitingMail } from '../persistence/mail.ts'
import { moveDeadLetter } from '../server/mail/dead-letters.ts'
import { deliverMail } from '../server/mail/deliver.ts'
import { smtpMailer } from '../server/mail/smtp.ts'
import { type SmtpServer, smtpServer } from '../server/mail/testing-smtp.ts'
import { commandId, type World, world } from '../server/testing.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import type { Temporal } from './engine.ts'
import { kinds, workflowId } from './kinds.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

/** In tests an hour is over in a moment. */
const patience: Patience = { tries: 4, pause: 100, longest: 200 }
const LONG = { timeout: 40_000 }

let w: World
let server: TestServer
let temporal: Temporal
let post: SmtpServer
/** What the mail server says to a recipient whom it does not take. */
let refusal: number | null = null
beforeAll(async () => {
  w = await world()
  post = await smtpServer({
    onRcptTo: (_address, _session, done) => done(refusal === null ? null : Object.assign(new Error('No'), { responseCode: refusal })),
  })
  server = await testServer()
  temporal = await testWorker(w, server, { mailer: mailer(), patience })
  await vi.waitUntil(() => temporal.client(), { timeout: 40_000 })
})
beforeEach(() => {
  refusal = null
  post.arrived.length = 0
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await post.close()
  await w.close()
})

const mailer = () => smtpMailer({ url: `smtp://127.0.0.1:${post.port}`, from: { name: 'Parley', address: 'parley@example.com' } })
/** What a process with the role of a worker does besides. */
const loop = () => deliverMail({ pool: w.db.pool, mailer: mailer(), links: w.house.links, poll: 20, carry: (id) => temporal.carry(id) })
async function write(): Promise<MailId> {
  const to = `${newId()}@example.net`
  await w.db.orm.em.fork().transactional((em) => queueMail(em, { to, subject: 'Hello', text: 'Zx81' }))
  const mail = (await waitingMail(w.db.pool, 100)).find((one) => one.to === to)
  return mail!.id
}
const begin = (id: MailId, its: Patience) => {
  const { definition, queue: taskQueue } = kinds.mail
  return temporal.client()!.workflow.start(definition, { workflowId: workflowId('mail', id), taskQueue, args: [id, its] })
}
const left = async () => (await waitingMail(w.db.pool, 100)).map(({ id }) => id)
const arrivedOf = (id: MailId) => post.arrived.filter(({ source }) => source.includes(`<${id}@example.com>`)).length
const stateOf = async (id: MailId) => (await temporal.client()?.workflow.getHandle(`mail:${id}`).describe())?.status.name
const dead = async () => (await deadLetters(w.db.pool, null, 100)).map(({ mailId }) => mailId)

test('Temporal carries what waits, by the mail’s own id, and it arrives once, though two processes look after it', async () => {
  const loops = [loop(), loop()]
  const ids = await Promise.all(Array.from({ length: 10 }, write))
  await expect.poll(left, LONG).toEqual([])
  for (const { stop } of loops) await stop()
  expect(ids.map(arrivedOf)).toEqual(ids.map(() => 1))
  for (const id of ids) await expect.poll(() => stateOf(id), LONG).toBe('COMPLETED')
})

test('a recipient who is refused for good is tried once; sent again by an administrator, the mail arrives once', async () => {
  refusal = 550
  const id = await write()
  const { stop } = loop()
  await expect.poll(dead, LONG).toEqual([id])
  await expect.poll(() => stateOf(id), LONG).toBe('FAILED')
  expect(await waitingMail(w.db.pool, 9)).toMatchObject([{ id, tries: 1, failure: 'EENVELOPE 550 at RCPT TO' }])
  refusal = null
  await moveDeadLetter(w.as(await w.person('admin')), { commandId: commandId(), mailId: id, move: 'retry', reason: 'They are known now' })
  await expect.poll(left, LONG).toEqual([])
  await stop()
  expect(arrivedOf(id)).toBe(1)
})

test('what somebody has in hand waits until they let go of it', async () => {
  const id = await write()
  expect(await claimMail(w.db.pool, id, 120)).toMatchObject({ id })
  await temporal.carry(id)
  await expect.poll(dead, LONG).toEqual([id]) // its tries are over
  expect(arrivedOf(id)).toBe(0)
  await w.db.pool.query('delete from mail')
})

test('a run that is cancelled lays its mail aside, so that nobody hands it over again', async () => {
  refusal = 450
  const id = await write()
  const run = await begin(id, { tries: 99, pause: 3_600_000, longest: 3_600_000 })
  await expect.poll(async () => (await waitingMail(w.db.pool, 9))[0]?.failure, LONG).toBe('EENVELOPE 450 at RCPT TO')
  await run.cancel()
  await expect.poll(() => stateOf(id), LONG).toBe('CANCELLED')
  expect(await dead()).toEqual([id])
  await w.db.pool.query('delete from mail')
})

test('with Temporal away the loop sends it; whoever asks Temporal’s run later finds it done', async () => {
  refusal = 450
  const id = await write()
  await begin(id, { tries: 99, pause: 3_000, longest: 3_000 })
  await expect.poll(async () => (await waitingMail(w.db.pool, 9))[0]?.failure, LONG).toBe('EENVELOPE 450 at RCPT TO')
  await server.server().kill()
  refusal = null
  const { stop } = loop()
  await w.db.pool.query('update mail set next_at = now(), held_until = null')
  await expect.poll(left, LONG).toEqual([])
  await stop()
  await server.start()
  await expect.poll(() => stateOf(id).catch(() => null), { timeout: 60_000 }).toBe('COMPLETED')
  expect(arrivedOf(id)).toBe(1)
}, 120_000)
