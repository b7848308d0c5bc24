import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import type { Mail } from '../ports.ts'
import { smtpMailer } from './smtp.ts'
import { headersOf, partsOf, type SmtpServer, smtpServer } from './testing-smtp.ts'

const FROM = Object.freeze({ name: 'Parley', address: 'parley@example.com' })
const MAIL: Mail = { id: '01999999-0000-7000-8000-000000000001', to: 'ada@example.net', subject: 'Hello', text: 'Words.' }
let server: SmtpServer
afterEach(() => server.close())

/** Names of the headers, in lower case, and the lines of each. */
const headers = (source: string) =>
  source
    .split('\r\n\r\n')[0]!
    .split(/\r\n(?![ \t])/)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())

test.each([
  'ada@example.net\r\nBcc: eve@example.org',
  'ada@example.net\nBcc: eve@example.org',
  'ada@example.net, eve@example.org',
  'ada@example.net;eve@example.org',
  'Ada <ada@example.net>',
  '<ada@example.net>',
  'ada@example.net> NOTIFY=SUCCESS RCPT TO:<eve@example.org',
  'ada@example.net\u2028',
  'ada@example.net\0',
  '"a b"@example.net',
  'ada',
  'a@b@c',
  '',
])('the recipient %j is no address, and nothing is said to the server', async (to) => {
  server = await smtpServer()
  await expect(smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: FROM }).send({ ...MAIL, to })).rejects.toMatchObject({
    message: 'the recipient is no address',
    ofMail: true,
    isFinal: true,
  })
  expect(server.arrived).toEqual([])
})

test.each([
  'Hello\r\nBcc: eve@example.org',
  'Hello\nBcc: eve@example.org\n\nA body of another',
  'Hello\u2028Bcc: eve@example.org',
  'Hello\u0085Bcc: eve@example.org\u0000',
])('the subject %j stays one header, and the mail has no others', async (subject) => {
  server = await smtpServer()
  const { send } = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: FROM })
  await send({ ...MAIL, subject, text: 'Words.\r\n.\r\nMAIL FROM:<eve@example.org>\r\n\r\nBcc: eve@example.org' })
  expect(server.arrived).toHaveLength(1)
  const [{ source, to }] = server.arrived as [SmtpServer['arrived'][number]]
  expect(to).toEqual([MAIL.to])
  const ours = ['from', 'to', 'subject', 'message-id', 'auto-submitted']
  const mime = ['content-transfer-encoding', 'date', 'mime-version', 'content-type']
  expect(headers(source).sort()).toEqual([...ours, ...mime].sort())
})

test('a long subject of another script, and all of a body’s words, arrive as they were', async () => {
  server = await smtpServer()
  const { send } = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: FROM })
  await send({ ...MAIL, subject: 'Запрошення до бренду «Соняшник»', text: 'Привіт!\n.\nКод: Zx81' })
  const { source } = server.arrived[0]!
  const encoded = [...source.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)].map(([, part]) => Buffer.from(part!, 'base64').toString()).join('')
  expect(encoded).toBe('Запрошення до бренду «Соняшник»')
  expect(Buffer.from(source.split('\r\n\r\n')[1]!, 'base64').toString()).toBe('Привіт!\n.\nКод: Zx81')
})

test('a mail in HTML goes as two parts that mail programs choose from, in its language, and says where its kind is ended', async () => {
  server = await smtpServer()
  const { send } = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: FROM })
  const unsubscribe = `https://parley.test/${'a'.repeat(120)}/unsubscribe/0b7d5f0e-1111-4222-8333-444455556666/offers`
  const words = { text: 'Привіт, Соняшнику!\n.\n', html: `<p lang="uk">Привіт, Соняшнику!</p>\n.\n<p>${'ї'.repeat(2_000)}</p>` }
  await send({ ...MAIL, ...words, subject: 'Привіт', language: 'uk', unsubscribe })
  const { source } = server.arrived[0]!
  expect(headersOf(source)).toMatchObject({
    'content-language': 'uk',
    'list-unsubscribe': `<${unsubscribe}>`,
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    'content-type': expect.stringMatching(/^multipart\/alternative;/),
  })
  expect(partsOf(source)).toEqual([
    { type: 'text/plain; charset=utf-8', text: words.text },
    { type: 'text/html; charset=utf-8', text: words.html },
  ])
})

test('where Parley is not reached by https, one click is not promised', async () => {
  server = await smtpServer()
  const { send } = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: FROM })
  await send({ ...MAIL, unsubscribe: 'http://127.0.0.1:3000/unsubscribe/a/b' })
  const its = headersOf(server.arrived[0]!.source)
  expect([its['list-unsubscribe'], its['list-unsubscribe-post']]).toEqual(['<http://127.0.0.1:3000/unsubscribe/a/b>', undefined])
})

type Refusal = { at: 'MAIL FROM' | 'RCPT TO' | 'DATA'; code: number; ofMail: boolean; isFinal: boolean }
test.each<Refusal>([
  { at: 'RCPT TO', code: 550, ofMail: true, isFinal: true },
  { at: 'RCPT TO', code: 450, ofMail: true, isFinal: false },
  { at: 'RCPT TO', code: 530, ofMail: false, isFinal: false },
  { at: 'MAIL FROM', code: 550, ofMail: false, isFinal: false },
  { at: 'DATA', code: 554, ofMail: true, isFinal: true },
  { at: 'DATA', code: 451, ofMail: true, isFinal: false },
])('a refusal with $code at $at is of this mail: $ofMail, and for good: $isFinal', async ({ at, code, ofMail, isFinal }) => {
  const refusal = Object.assign(new Error('Zx81-secret of <ada@example.net>'), { responseCode: code })
  const on = (where: Refusal['at']) => (at === where ? refusal : null)
  server = await smtpServer({
    onMailFrom: (_address, _session, done) => done(on('MAIL FROM')),
    onRcptTo: (_address, _session, done) => done(on('RCPT TO')),
    during: async () => {
      if (at === 'DATA') throw refusal
    },
  })
  const sent = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: FROM }).send(MAIL)
  await expect(sent).rejects.toMatchObject({ message: expect.stringMatching(new RegExp(`^E\\w+ ${code} at ${at}$`)), ofMail, isFinal })
  expect(server.arrived).toEqual([])
})

type Check = NonNullable<SMTPServerOptions['onAuth']>
const check = ({ username, password }: Parameters<Check>[0], _session: Parameters<Check>[1], done: Parameters<Check>[2]) => {
  if (username === 'ada@example.com' && password === 'p@ss:word/?') done(null, { user: username })
  else done(new Error('p@ss:word/? is wrong'))
}
const onlyAda = { authOptional: false, onAuth: check }
const CREDENTIALS = `${encodeURIComponent('ada@example.com')}:${encodeURIComponent('p@ss:word/?')}`

test('a name and a password of the URL are given once the connection is encrypted', async () => {
  server = await smtpServer({ ...onlyAda, disabledCommands: [] })
  await smtpMailer({ url: `smtp://${CREDENTIALS}@127.0.0.1:${server.port}?tls.rejectUnauthorized=false`, from: FROM }).send(MAIL)
  expect(server.arrived).toMatchObject([{ user: 'ada@example.com' }])
})

test('they are given in the open where the URL says so', async () => {
  server = await smtpServer({ ...onlyAda, allowInsecureAuth: true })
  await smtpMailer({ url: `smtp://${CREDENTIALS}@127.0.0.1:${server.port}?requireTLS=false`, from: FROM }).send(MAIL)
  expect(server.arrived).toMatchObject([{ user: 'ada@example.com' }])
})

test('smtps:// is encrypted from its first byte', async () => {
  server = await smtpServer({ ...onlyAda, secure: true })
  await smtpMailer({ url: `smtps://${CREDENTIALS}@127.0.0.1:${server.port}?tls.rejectUnauthorized=false`, from: FROM }).send(MAIL)
  expect(server.arrived).toMatchObject([{ user: 'ada@example.com' }])
})

test('a certificate that nobody vouches for, no encryption at all, and a wrong password are refused, and no secret is in why', async () => {
  let authenticated = 0
  const counted: Check = (auth, session, done) => {
    authenticated++
    check(auth, session, done)
  }
  const failing = async (url: string) =>
    smtpMailer({ url, from: FROM })
      .send(MAIL)
      .catch((error: Error & { ofMail: boolean }) => error)
  server = await smtpServer({ authOptional: false, onAuth: counted, disabledCommands: [] })
  const unknown = await failing(`smtp://${CREDENTIALS}@127.0.0.1:${server.port}`)
  await server.close()
  server = await smtpServer({ authOptional: false, onAuth: counted, disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  const bare = await failing(`smtp://${CREDENTIALS}@127.0.0.1:${server.port}`)
  expect(authenticated).toBe(0)
  await server.close()
  server = await smtpServer({ authOptional: false, onAuth: counted, disabledCommands: [] })
  const wrong = await failing(`smtp://ada:p%40ss@127.0.0.1:${server.port}?tls.rejectUnauthorized=false`)
  expect([unknown, bare, wrong].map((error) => error instanceof Error && [error.message, error.ofMail])).toEqual([
    [expect.stringMatching(/^ESOCKET|^ETLS/), false],
    [expect.stringMatching(/^ETLS/), false],
    [expect.stringMatching(/^EAUTH 535/), false],
  ])
  expect(server.arrived).toEqual([])
})
