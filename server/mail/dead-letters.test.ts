import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MailId, newId, PLATFORM } from '../../client-sdk/contract/index.ts'
import { readGauges } from '../../persistence/gauges.ts'
import { type NewMail, queueMail, queueMails, waitingMail } from '../../persistence/mail.ts'
import { invite, makeTeam } from '../brands/testing.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { dropOldMail } from './dead-letters.ts'
import { deliverMail } from './deliver.ts'
import { smtpMailer } from './smtp.ts'
import { smtpServer } from './testing-smtp.ts'

let w: Rest
let admin: TestPerson
let token: string
beforeAll(async () => {
  w = await restWorld()
  admin = await w.person('admin')
  token = await w.token(admin)
})
beforeEach(() => w.db.pool.query('delete from mail'))
afterAll(() => w.close())

const LETTERS = '/api/v1/admin/dead-letters'
const MAIL: NewMail = { to: 'ada@example.net', subject: 'Come in', text: 'The code is Zx81-secret.', html: '<p>Zx81-secret' }
/** One that nobody took, `ago` in seconds. */
async function dead(ago = 0, mail: NewMail = MAIL): Promise<MailId> {
  await w.db.orm.em.fork().transactional((em) => queueMail(em, mail))
  const { rows } = await w.db.pool.query<{ id: MailId }>(
    `update mail set died_at = now() - make_interval(secs => $1), next_at = 'infinity', tries = 3, failure = 'EENVELOPE 550 at RCPT TO'
      where id = (select id from mail where died_at is null order by id desc limit 1) returning id`,
    [ago],
  )
  return rows[0]!.id
}
const list = (query = '') => w.call('GET', `${LETTERS}${query}`, { token })
const order = (mailId: string, move: string, key = commandId(), reason = 'They have fixed it') =>
  w.call('POST', `${LETTERS}/${mailId}/moves`, { token, body: { move, reason }, headers: { 'Idempotency-Key': key } })
const audit = async () =>
  (
    await w.db.pool.query<{ deal: string; personal: string }>(
      `select deal, personal from event where stream_id = $1 and type = 'mail.moved' order by seq`,
      [PLATFORM],
    )
  ).rows.map(({ deal, personal }) => [JSON.parse(deal), JSON.parse(personal)])

test('what a server refuses for good is a dead letter; sent again, it arrives once', async () => {
  let isKnown = false
  const server = await smtpServer({
    onRcptTo: (_address, _session, done) => done(isKnown ? null : Object.assign(new Error('Zx81-secret'), { responseCode: 550 })),
  })
  const mailer = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: { name: '', address: 'parley@example.com' } })
  const loops = [1, 2].map(() => deliverMail({ pool: w.db.pool, mailer, links: w.house.links, poll: 20 }))
  await w.db.orm.em.fork().transactional((em) => queueMail(em, MAIL))
  await expect.poll(async () => (await list()).body.items, { timeout: 20_000 }).toHaveLength(1)
  const { body, text } = await list()
  const [letter] = body.items as Record<string, unknown>[]
  expect(letter).toEqual({
    ...{ mailId: expect.any(String), to: MAIL.to, kind: null, subject: MAIL.subject, tries: 1, failure: 'EENVELOPE 550 at RCPT TO' },
    ...{ createdAt: expect.stringMatching(/Z$/), diedAt: expect.stringMatching(/Z$/) },
  })
  expect(text).not.toContain('Zx81')
  isKnown = true
  expect(await order(String(letter!.mailId), 'retry')).toMatchObject({ status: 200, body: { mailId: letter!.mailId } })
  await expect.poll(() => waitingMail(w.db.pool, 1), { timeout: 20_000 }).toEqual([])
  for (const { stop } of loops) await stop()
  await server.close()
  expect(server.arrived.map(({ to }) => to)).toEqual([[MAIL.to]])
})

describe('the list', () => {
  test('goes page by page, the last one first, and has nothing that still waits', async () => {
    const ids = [await dead(50), await dead(40), await dead(40), await dead(10), await dead(5)]
    await w.db.orm.em.fork().transactional((em) => queueMail(em, MAIL))
    const seen: string[] = []
    for (let cursor: unknown = ''; cursor !== null; ) {
      const { body } = await list(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...(body.items as { mailId: string }[]).map(({ mailId }) => mailId))
      cursor = body.cursor
    }
    expect(seen).toEqual([ids[4], ids[3], ...[ids[1]!, ids[2]!].sort().reverse(), ids[0]])
    for (const cursor of ['x', Buffer.from('["disputes",1]').toString('base64url')])
      expect((await list(`?cursor=${cursor}`)).body.code).toBe('request.invalid')
  })

  test('and what is done to it are for administrators', async () => {
    const mailId = await dead()
    for (const role of ['creator', 'brand'] as const) {
      const own = await w.token(await w.person(role))
      expect((await w.call('GET', LETTERS, { token: own })).body.code).toBe('access.denied')
      const moved = await w.call('POST', `${LETTERS}/${mailId}/moves`, { token: own, body: { move: 'drop', reason: 'Mine' } })
      expect(moved.body.code).toBe('access.denied')
    }
    expect(await waitingMail(w.db.pool, 9)).toHaveLength(1)
  })
})

test('what nobody took is counted apart from what waits', async () => {
  await dead()
  await w.db.orm.em.fork().transactional((em) => queueMail(em, MAIL))
  await w.db.pool.query(`update mail set created_at = now() - interval '9 days' where died_at is not null`)
  const gauges = await readGauges(w.db.pool)
  expect(gauges).toMatchObject({ mails: 1, deadMails: 1 })
  expect(gauges.mailAge).toBeLessThan(3_600)
})

describe('moving one', () => {
  test('is on the platform’s stream, with who did it and why, once for each command', async () => {
    const before = (await audit()).length
    const [first, second] = [await dead(), await dead()]
    const key = commandId()
    for (let i = 0; i < 2; i++) expect((await order(first, 'drop', key)).status).toBe(200)
    expect((await order(first, 'retry', key)).body.code).toBe('command.reused')
    expect((await order(second, 'retry')).status).toBe(200)
    expect((await audit()).slice(before)).toEqual([
      [
        { mailId: first, move: 'drop' },
        { by: admin.userId, reason: 'They have fixed it' },
      ],
      [
        { mailId: second, move: 'retry' },
        { by: admin.userId, reason: 'They have fixed it' },
      ],
    ])
    expect(await waitingMail(w.db.pool, 9)).toMatchObject([{ id: second, isDead: false, tries: 0, failure: null }])
  })

  test('is not possible for one that lives, that is gone or that never was, and takes a reason', async () => {
    const mailId = await dead()
    for (const reason of ['', '  ', 'x'.repeat(1_001)])
      expect((await order(mailId, 'drop', commandId(), reason)).body.code).toBe('request.invalid')
    expect((await order(mailId, 'bury')).body.code).toBe('request.invalid')
    await order(mailId, 'retry')
    const before = (await audit()).length
    for (const id of [mailId, newId()])
      for (const move of ['retry', 'drop']) expect((await order(id, move)).body.code).toBe('resource.notFound')
    expect(await audit()).toHaveLength(before)
  })

  test('of two orders at once one is carried out', async () => {
    const mailId = await dead()
    const answers = await Promise.all(['retry', 'drop', 'retry'].map((move) => order(mailId, move)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404])
  })
})

describe('an invitation', () => {
  const kill = (email: string) =>
    w.db.pool.query(`update mail set died_at = now(), next_at = 'infinity' where recipient = $1 returning id`, [email])

  test('whose code has ended is not sent again, and can be let go', async () => {
    const team = await makeTeam(w)
    const email = 'late@example.net'
    await invite(w, team, { email })
    const [{ id }] = (await kill(email)).rows
    await w.db.pool.query('update invitation set ends_at = now() where email = $1', [email])
    expect((await order(id, 'retry')).body.code).toBe('deadline.passed')
    expect((await order(id, 'drop')).status).toBe(200)
  })

  test('that was replaced is not sent again, and what waited of it does not go: the new one does', async () => {
    const team = await makeTeam(w)
    const email = 'again@example.net'
    await invite(w, team, { email })
    const [{ id }] = (await kill(email)).rows
    await invite(w, team, { email })
    expect((await order(id, 'retry')).body.code).toBe('deadline.passed')
    await w.db.pool.query('update mail set died_at = null, next_at = now() where id = $1', [id])
    const server = await smtpServer()
    const mailer = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: { name: '', address: 'parley@example.com' } })
    const { stop } = deliverMail({ pool: w.db.pool, mailer, links: w.house.links, poll: 20 })
    await expect.poll(() => waitingMail(w.db.pool, 1), { timeout: 20_000 }).toEqual([])
    await stop()
    await server.close()
    const theirs = server.arrived.filter(({ to }) => to.includes(email))
    expect([theirs.length, theirs[0]!.source.includes(`<${id}@`)]).toEqual([1, false])
  })
})

test('what nobody had sent again in a month is let go by the sweep', async () => {
  const [old, younger] = [await dead(31 * 86_400), await dead(29 * 86_400)]
  expect(await dropOldMail(w.asSystem())).toBe(1)
  expect((await waitingMail(w.db.pool, 9)).map(({ id }) => id)).toEqual([younger])
  expect((await order(old, 'drop')).status).toBe(404)
})

test('what one can do without and nobody looks after, as no mail server is known, is let go after a month; an invitation waits on', async () => {
  const reader = await w.person()
  const mail = { to: 'ada@example.net', subject: 'News', text: 'There is news.' }
  await w.db.orm.em.fork().transactional((em) => queueMails(em, [{ ...mail, kind: 'digest', userId: reader.userId }, mail]))
  await w.db.pool.query(`update mail set created_at = now() - interval '31 days', next_at = now() - interval '31 days'`)
  await w.db.orm.em.fork().transactional((em) => queueMails(em, [{ ...mail, kind: 'digest', userId: reader.userId }]))
  expect(await dropOldMail(w.asSystem())).toBe(1)
  expect((await waitingMail(w.db.pool, 9)).map(({ kind }) => kind)).toEqual(['digest', null])
})
