import { afterAll, beforeAll, expect, test } from 'vitest'
import { queueMail, waitingMail } from '../../persistence/mail.ts'
import { openTestDatabase, type TestDatabase } from '../../persistence/testing.ts'
import { createLog } from '../log.ts'
import { openPost } from './post.ts'
import { smtpServer } from './testing-smtp.ts'

let t: TestDatabase
let written = ''
const log = createLog({
  write: (text) => {
    written += text
  },
})
beforeAll(async () => {
  t = await openTestDatabase()
})
afterAll(() => t.close())
const queue = () => t.db.orm.em.fork().transactional((em) => queueMail(em, { to: 'ada@example.net', subject: 'A', text: 'Zx81' }))
const poll = <T>(ask: () => T) => expect.poll(ask, { timeout: 20_000 })
const waiting = () => waitingMail(t.db.pool, 10)
const open = (more: Partial<Parameters<typeof openPost>[0]>) =>
  openPost({
    smtp: null,
    isEmbedded: false,
    isWorker: true,
    pool: t.db.pool,
    links: { publicUrl: 'https://parley.test', app: null },
    log,
    ...more,
  })
const smtp = (port: number) => ({ url: `smtp://127.0.0.1:${port}`, from: { name: '', address: 'parley@example.com' } })

test('without a mail server mail waits, and so it does in the embedded mode and with no worker', async () => {
  const server = await smtpServer()
  await queue()
  const posts = [open({}), open({ isEmbedded: true, smtp: smtp(server.port) }), open({ isWorker: false, smtp: smtp(server.port) })]
  expect(posts.map(({ engine }) => engine())).toEqual([
    { name: 'Mail', on: false, why: 'no SMTP_URL: mail waits' },
    { name: 'Mail', on: true, why: 'kept here, to read at /dev/mailbox' },
    { name: 'Mail', on: true, why: 'sent by processes with the role worker' },
  ])
  await new Promise((done) => setTimeout(done, 300))
  expect(await waiting()).toMatchObject([{ tries: 0 }])
  for (const { stop } of posts) await stop()
  await server.close()
})

test('the engine says while nothing can be sent, its log line has no word of the mail, and what waited goes', async () => {
  const gone = await smtpServer()
  await gone.close()
  const failing = open({ smtp: smtp(gone.port) })
  await poll(() => failing.engine()).toMatchObject({
    on: false,
    why: expect.stringMatching(/^nothing could be sent since \d{4}-.*ECONN|ESOCKET/),
  })
  await failing.stop()
  log.flush()
  expect(written).toMatch(/"message":"mail".*"tries":1/)
  expect(written).not.toMatch(/Zx81|ada@/)
  const server = await smtpServer()
  await t.db.pool.query('update mail set next_at = now(), held_until = null')
  const post = open({ smtp: smtp(server.port) })
  await poll(waiting).toEqual([])
  expect(post.engine()).toEqual({ name: 'Mail', on: true, why: 'by SMTP_URL' })
  expect(server.arrived).toHaveLength(1)
  await post.stop()
  await server.close()
})
