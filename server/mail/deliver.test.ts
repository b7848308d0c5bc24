import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type MailId, newId } from '../../client-sdk/contract/index.ts'
import { claimMail, type NewMail, queueMail, waitingMail } from '../../persistence/mail.ts'
import { openTestDatabase, type TestDatabase } from '../../persistence/testing.ts'
import { type Mailer, MailFailure } from '../ports.ts'
import { type Delivery, deliverMail, pauseAfter } from './deliver.ts'
import { smtpMailer } from './smtp.ts'
import { smtpServer } from './testing-smtp.ts'
import { type Watched, watchMailer } from './watch-mailer.ts'

const FROM = { name: 'Parley', address: 'parley@example.com' }
const INVITATION: NewMail = { to: 'ada@example.net', subject: 'Come in', text: 'The code is Zx81-secret.' }

let t: TestDatabase
const running: { stop?(): Promise<void>; close?(): Promise<void> }[] = []
beforeEach(async () => {
  t = await openTestDatabase()
})
afterEach(async () => {
  for (const one of running.splice(0).toReversed()) await (one.stop ?? one.close)?.()
  await t.close()
})

const queue = (mail: NewMail = INVITATION) => t.db.orm.em.fork().transactional((em) => queueMail(em, mail))
const poll = <T>(ask: () => T) => expect.poll(ask, { timeout: 20_000 })
const waiting = () => waitingMail(t.db.pool, 100)
const links = { publicUrl: 'https://parley.test', app: null }
const begin = (its: Mailer, more: Partial<Parameters<typeof deliverMail>[0]> = {}): Delivery & Pick<Watched, 'failure'> => {
  const mailer = watchMailer(its)
  const delivery = deliverMail({ pool: t.db.pool, mailer, links, poll: 20, firstPause: 0.05, ...more })
  running.push(delivery)
  return { ...delivery, failure: mailer.failure }
}
/** Nobody who said that they look after it does any more. */
const forget = () => t.db.pool.query('update mail set next_at = now(), held_until = null')
const overSmtp = (port: number) => smtpMailer({ url: `smtp://127.0.0.1:${port}`, from: FROM })
const serve = async (...args: Parameters<typeof smtpServer>) => {
  const server = await smtpServer(...args)
  running.push(server)
  return server
}

test('a mail that was written arrives once, says whom it is from, and is gone', async () => {
  const server = await serve()
  const { failure } = begin(overSmtp(server.port))
  await queue()
  const [{ id } = { id: '' }] = await waiting()
  await poll(waiting).toEqual([])
  expect(server.arrived).toMatchObject([{ from: FROM.address, to: [INVITATION.to] }])
  const { source } = server.arrived[0]!
  for (const line of [
    /^From: Parley <parley@example\.com>\r$/m,
    /^To: ada@example\.net\r$/m,
    /^Subject: Come in\r$/m,
    /^The code is Zx81-secret\./m,
  ])
    expect(source).toMatch(line)
  expect(source).toContain(`Message-ID: <${id}@example.com>`)
  expect(failure()).toBe(null)
})

test('what one can do without goes to nobody once it is a week old; whatever else waited does', async () => {
  const server = await serve()
  for (const [subject, kind] of [
    ['Unread', 'digest'],
    ['Come in', null],
    ['Unread, again', 'digest'],
  ] as const)
    await queue({ ...INVITATION, subject, kind })
  const old = `now() - interval '8 days'`
  await t.db.pool.query(`update mail set created_at = ${old}, next_at = ${old} where subject <> 'Unread, again'`)
  begin(overSmtp(server.port))
  await poll(waiting).toEqual([])
  const subjects = server.arrived.map(({ source }) => /^Subject: (.*)\r$/m.exec(source)?.[1])
  expect(subjects.toSorted()).toEqual(['Come in', 'Unread, again'])
})

test('what is rolled back sends nothing', async () => {
  const server = await serve()
  const rolledBack = t.db.orm.em.fork().transactional(async (em) => {
    await queueMail(em, INVITATION)
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  begin(overSmtp(server.port))
  await queue({ ...INVITATION, subject: 'Another' })
  await poll(waiting).toEqual([])
  expect(server.arrived.map(({ source }) => /^Subject: (.*)\r$/m.exec(source)?.[1])).toEqual(['Another'])
})

test('while the mail server is down mail waits, says why without its words, and goes once it is back', async () => {
  const gone = await smtpServer()
  await gone.close()
  const told: unknown[] = []
  const { failure } = begin(overSmtp(gone.port), { failed: (mail) => told.push(mail) })
  await queue()
  await poll(async () => (await waiting())[0]?.tries).toBeGreaterThan(1)
  const [mail] = await waiting()
  expect(mail?.failure).toMatch(/^ESOCKET|^ECONN/)
  expect(failure()).toMatchObject({ why: mail!.failure })
  expect(JSON.stringify([told, mail!.failure])).not.toMatch(/Zx81|ada@/)
  const { arrived } = await serve({}, gone.port)
  await poll(waiting).toEqual([])
  expect(arrived.map(({ to }) => to)).toEqual([[INVITATION.to]])
  expect(failure()).toBe(null)
})

test('any number of deliverers at once send each mail once', async () => {
  const server = await serve({ during: () => new Promise((done) => setTimeout(done, 5)) })
  for (let i = 0; i < 4; i++) begin(overSmtp(server.port))
  const subjects = Array.from({ length: 40 }, (_, i) => `Mail ${i}`)
  await Promise.all(subjects.map((subject) => queue({ ...INVITATION, subject })))
  await poll(waiting).toEqual([])
  const sent = server.arrived.map(({ source }) => /^Subject: (.*)\r$/m.exec(source)?.[1])
  expect(sent.sort()).toEqual(subjects.sort())
})

test('a recipient whom the server does not take now holds up nobody, waits longer each time, and is no fault of the server', async () => {
  const server = await serve({
    onRcptTo({ address }, _session, done) {
      done(address.startsWith('nobody') ? Object.assign(new Error(`<${address}> Zx81-secret is busy`), { responseCode: 450 }) : null)
    },
  })
  const { failure } = begin(overSmtp(server.port))
  await queue({ ...INVITATION, to: 'nobody@example.net' })
  await poll(async () => (await waiting())[0]?.tries).toBeGreaterThan(2)
  await queue()
  await poll(() => server.arrived.length).toBe(1)
  const [mail] = await waiting()
  expect(mail).toMatchObject({ to: 'nobody@example.net', failure: 'EENVELOPE 450 at RCPT TO' })
  expect(failure()).toBe(null)
})

test('a recipient whom the server refuses for good is laid aside at once', async () => {
  const told: { gaveUp: boolean }[] = []
  const server = await serve({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error('Zx81-secret'), { responseCode: 550 })),
  })
  const { failure } = begin(overSmtp(server.port), { failed: (mail) => told.push(mail) })
  await queue()
  await poll(waiting).toMatchObject([{ isDead: true, tries: 1, failure: 'EENVELOPE 550 at RCPT TO' }])
  expect(told).toMatchObject([{ gaveUp: true, tries: 1 }])
  expect(failure()).toBe(null)
  expect((await t.db.pool.query(`select 1 from mail where next_at = 'infinity' and held_until is null`)).rows).toHaveLength(1)
})

test('what somebody carries is handed over, counts as no try, and is looked at again later: sent from here where it is not', async () => {
  const server = await serve()
  const carried: string[] = []
  let isThere = true
  const carry = async (id: string) => {
    if (isThere) carried.push(id)
    return isThere
  }
  begin(overSmtp(server.port), { carry })
  await queue()
  await poll(() => carried.length).toBe(1)
  const later = () => t.db.pool.query(`select tries, next_at > now() + interval '50 minutes' as later, held_until from mail`)
  await poll(async () => (await later()).rows).toEqual([{ tries: 0, later: true, held_until: null }])
  isThere = false
  await forget()
  await poll(waiting).toEqual([])
  expect([carried.length, server.arrived.length]).toEqual([1, 1])
})

test('whoever cannot say whether they carry a mail has it sent from here', async () => {
  const server = await serve()
  begin(overSmtp(server.port), { carry: () => Promise.reject(new Error('UNAVAILABLE')) })
  await queue()
  await poll(waiting).toEqual([])
  expect(server.arrived).toHaveLength(1)
})

test('what somebody has in hand is sent by nobody else meanwhile, whoever looks at it', async () => {
  await queue()
  const [{ id } = { id: newId<MailId>() }] = await waiting()
  expect(await claimMail(t.db.pool, id, 120)).toMatchObject({ id, tries: 1 })
  expect(await claimMail(t.db.pool, id, 120)).toBe('held')
  const server = await serve()
  begin(overSmtp(server.port))
  await queue({ ...INVITATION, subject: 'Another' })
  await poll(() => server.arrived.length).toBe(1)
  await poll(waiting).toMatchObject([{ id, tries: 1 }])
  await forget()
  await poll(waiting).toEqual([])
  expect(await claimMail(t.db.pool, id, 120)).toBe(null)
})

test('the pause doubles up to an hour', () => {
  expect([1, 2, 3, 4, 8, 9, 500].map((tries) => pauseAfter(tries))).toEqual([15, 30, 60, 120, 1_920, 3_600, 3_600])
})

test('a mail that nobody took for five days is laid aside, and no sooner', async () => {
  const told: { gaveUp: boolean }[] = []
  const refuse: Mailer = { send: () => Promise.reject(new MailFailure('no', { ofMail: false })) }
  await queue()
  await t.db.pool.query(`update mail set created_at = now() - interval '4 days 23 hours'`)
  begin(refuse, { failed: (mail) => told.push(mail) })
  await poll(() => told.length).toBeGreaterThan(0)
  expect(await waiting()).toHaveLength(1)
  await t.db.pool.query(`update mail set created_at = now() - interval '5 days 1 minute'`)
  await poll(waiting).toMatchObject([{ isDead: true, failure: 'no' }])
  expect(told.at(-1)?.gaveUp).toBe(true)
})

test('whoever dies over a mail leaves it to another, who sends it under the same id', async () => {
  const ids: string[] = []
  const { promise: forever, resolve: letGo } = Promise.withResolvers<void>()
  begin({
    send({ id }) {
      ids.push(id)
      return forever
    },
  })
  await queue()
  await poll(() => ids.length).toBe(1)
  await forget() // the claim's time is over
  begin({ send: async ({ id }) => void ids.push(id) })
  await poll(waiting).toEqual([])
  expect(ids).toEqual([ids[0], ids[0]])
  letGo()
})

test('no transaction is open while a mail server takes its time', async () => {
  let talking = false
  const server = await serve({
    during: () => {
      talking = true
      return new Promise((done) => setTimeout(done, 300))
    },
  })
  await queue()
  begin(overSmtp(server.port), { poll: 2_000 }) // nothing else asks meanwhile
  await poll(() => talking).toBe(true)
  const { rows } = await t.db.pool.query(
    `select state from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`,
  )
  expect(rows).toEqual([])
  await poll(waiting).toEqual([])
})

test('it goes on by itself after the database refused', async () => {
  const server = await serve()
  const broken: unknown[] = []
  const admin = new pg.Client({ connectionString: t.url })
  await admin.connect()
  await admin.query('alter table parley.mail rename to gone')
  begin(overSmtp(server.port), { broken: (error) => broken.push(error) })
  await poll(() => broken.length).toBeGreaterThan(0)
  await admin.query('alter table parley.gone rename to mail')
  await admin.end()
  await queue()
  await poll(() => server.arrived.length).toBe(1)
})
