import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MailKind, mailKinds, newId } from '../../client-sdk/contract/index.ts'
import { waitingMail } from '../../persistence/mail.ts'
import { TokenBuckets } from '../limits.ts'
import { getSettings } from '../people/settings.ts'
import type { TestPerson } from '../testing.ts'
import { type Answer, type Rest, restWorld } from '../testing-rest.ts'
import { deliverMail } from './deliver.ts'
import { notify } from './notify.ts'
import { smtpMailer } from './smtp.ts'
import { template } from './templates/template.ts'
import { headersOf, type SmtpServer, smtpServer } from './testing-smtp.ts'

let w: Rest
let server: SmtpServer
beforeAll(async () => {
  w = await restWorld()
  server = await smtpServer()
})
afterAll(async () => {
  await server.close()
  await w.close()
})

const ONE_CLICK = 'List-Unsubscribe=One-Click'
const FORM = 'application/x-www-form-urlencoded'
const words = (kind: MailKind) =>
  template<null>({
    kind,
    en: () => ({ subject: `About ${kind}`, paragraphs: ['Something has happened.'] }),
    uk: () => ({ subject: `Про ${kind}`, paragraphs: ['Щось сталося.'] }),
  })
const tell = (person: TestPerson, kind: MailKind) => {
  const ctx = w.asSystem()
  return ctx.em.transactional((em) => notify(em, ctx, { to: [person.userId], template: words(kind), data: null }))
}
const settings = async (person: TestPerson) => (await getSettings(w.as(person))).notifications
const speak = (person: TestPerson, language: string) =>
  w.db.pool.query('update person set language = $2 where id = $1', [person.userId, language])
/** The path that a mail of this kind has. */
async function pathFor(person: TestPerson, kind: MailKind): Promise<string> {
  const { rows } = await w.db.pool.query<{ key: string }>('select mail_key as key from person where id = $1', [person.userId])
  return `/unsubscribe/${rows[0]!.key}/${kind}`
}
const post = (path: string, body = ONE_CLICK, type = FORM): Promise<Answer> =>
  w.call('POST', path, body === '' ? {} : { body, headers: { 'Content-Type': type } })

/** Sends what waits; answers with what arrived of this person, by subject. */
async function arrived(person: TestPerson): Promise<Record<string, string>> {
  const mailer = smtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: { name: 'Parley', address: 'parley@example.com' } })
  const { stop } = deliverMail({ pool: w.db.pool, mailer, links: w.house.links, poll: 20 })
  await expect.poll(() => waitingMail(w.db.pool, 1), { timeout: 20_000 }).toEqual([])
  await stop()
  const theirs = server.arrived.filter(({ to }) => to.includes(person.email))
  return Object.fromEntries(theirs.map(({ source }) => [headersOf(source).subject, source]))
}

test('one click in a mail program ends that kind and no other, of that person and no other, without signing in', async () => {
  const [ada, bo] = [await w.person(), await w.person()]
  for (const kind of mailKinds) for (const person of [ada, bo]) await tell(person, kind)
  const first = await arrived(ada)
  expect(Object.keys(first)).toHaveLength(mailKinds.length)
  const its = headersOf(first['About offers']!)
  expect(its['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click')
  const [, path] = /^<https:\/\/parley\.test(\/unsubscribe\/[\w-]+\/offers)>$/.exec(its['list-unsubscribe']!)!
  for (let i = 0; i < 2; i++) expect((await post(path!)).status).toBe(200) // a repeat does nothing
  expect(await settings(ada)).toEqual({ ...(await settings(bo)), offers: false })
  expect(await tell(ada, 'offers')).toEqual([])
  expect(await tell(ada, 'applications')).toEqual([ada.userId])
  expect(await tell(bo, 'offers')).toEqual([bo.userId])
})

test('what waited already does not go, once its kind is ended', async () => {
  const ada = await w.person()
  for (const kind of ['offers', 'digest'] as const) await tell(ada, kind)
  await post(await pathFor(ada, 'offers'))
  expect(Object.keys(await arrived(ada))).toEqual(['About digest'])
})

test('whoever follows the link sees what would end, and nothing has changed: machines follow links, too', async () => {
  const ada = await w.person()
  const path = await pathFor(ada, 'digest')
  for (const method of ['GET', 'HEAD', 'GET']) expect((await w.call(method, path)).status).toBe(200)
  const { text, headers } = await w.call('GET', path)
  expect(text).toContain('You get mails about messages that you have not read.')
  expect(text.match(/<button>[^<]*<\/button>/g)).toEqual(['<button>End these mails</button>'])
  expect(headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; .*form-action 'self'/)
  expect([headers.get('Cache-Control'), headers.get('Referrer-Policy')]).toEqual(['no-store', 'no-referrer'])
  for (const secret of [ada.email, ada.name, path.split('/')[2]!]) expect(text).not.toContain(secret)
  expect((await settings(ada)).digest).toBe(true)
})

test('the page’s button ends it, and its page offers to have it back, in the language of the person', async () => {
  const ada = await w.person()
  await speak(ada, 'uk-UA')
  const path = await pathFor(ada, 'deliverables')
  const before = await w.call('GET', path)
  expect(before.text).toMatch(/<html lang="uk">.*Ви отримуєте листи про: роботи та їхні терміни/s)
  const ended = await post(path)
  expect(ended.text).toMatch(/Готово\. Ви більше не отримуєте листів про: .*name="again" value="yes"><button>Отримувати їх знову/s)
  expect((await settings(ada)).deliverables).toBe(false)
  expect((await w.call('GET', path)).text).toContain('Отримувати їх знову')
  expect((await post(path, 'again=yes')).text).toContain('Не отримувати цих листів')
  expect((await settings(ada)).deliverables).toBe(true)
})

test.each([
  ['nothing', '', FORM],
  ['a form', ONE_CLICK, FORM],
  [
    'a form in parts',
    '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    'multipart/form-data; boundary=b',
  ],
])('a mail program that sends %s ends it, too', async (_, body, type) => {
  const ada = await w.person()
  expect((await post(await pathFor(ada, 'offers'), body, type)).status).toBe(200)
  expect((await settings(ada)).offers).toBe(false)
})

describe('a key', () => {
  test('that nobody has is not found, and one that is none is refused', async () => {
    const path = await pathFor(await w.person(), 'offers')
    for (const method of ['GET', 'POST']) {
      expect((await w.call(method, `/unsubscribe/${newId()}/offers`)).body.code).toBe('resource.notFound')
      for (const wrong of [path.replace('offers', 'mentions'), path.replace('offers', 'all'), '/unsubscribe/x/offers'])
        expect((await w.call(method, wrong)).body).toMatchObject({ code: 'request.invalid' })
    }
  })

  test('can be guessed no faster than the limit of addresses lets', async () => {
    const limited = await restWorld({ limits: { addresses: new TokenBuckets({ perSecond: 0.001, burst: 5 }) } })
    const codes = []
    for (let i = 0; i < 7; i++) codes.push((await limited.call(i % 2 ? 'GET' : 'POST', `/unsubscribe/${newId()}/offers`)).body.code)
    await limited.close()
    expect(codes).toEqual([...Array(5).fill('resource.notFound'), 'rate.limited', 'rate.limited'])
  })

  test('is in no log, and in no answer but the mail', async () => {
    const ada = await w.person()
    const path = await pathFor(ada, 'offers')
    const [, , key] = path.split('/')
    await w.call('GET', path)
    await post(path)
    await post(path, 'again=no')
    await w.call('GET', `${path}x`)
    const token = await w.token(ada)
    for (const where of ['/me', '/me/settings']) expect((await w.call('GET', `/api/v1${where}`, { token })).text).not.toContain(key)
    const admin = await w.token(await w.person('admin'))
    expect((await w.call('GET', `/api/v1/people?email=${ada.email}`, { token: admin })).text).not.toContain(key)
    const lines = w.lines()
    expect(lines.some(({ route }) => route === 'POST /unsubscribe/:mailKey/:kind')).toBe(true)
    expect(JSON.stringify(lines)).not.toContain(key)
  })
})
