import { afterAll, beforeAll, expect, test } from 'vitest'
import { queueMail } from '../../persistence/mail.ts'
import { ORIGIN, type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld({ embedded: true })
})
afterAll(() => w.close())
const read = (url: string, headers = {}) => w.app.request(url, { headers })

test('the embedded mode’s mail is there to read, the newest first, and nothing of it is HTML', async () => {
  const empty = await read('http://127.0.0.1:3000/dev/mailbox')
  expect([empty.status, await empty.text()]).toEqual([200, expect.stringContaining('There is none yet')])
  for (const subject of ['First', '<script>alert(1)</script>']) {
    const mail = { to: '"><img src=x>@example.com', subject, text: `</pre><a href="javascript:0">'&amp;` }
    await w.db.orm.em.fork().transactional((em) => queueMail(em, mail))
  }
  const answer = await read('http://localhost:3000/dev/mailbox')
  const html = await answer.text()
  expect(answer.headers.get('Content-Type')).toMatch(/^text\/html/)
  expect(answer.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^' ]+'; frame-ancestors 'none'/)
  expect(await (await read('http://127.0.0.1/')).text()).toContain('href="/dev/mailbox"')
  expect(answer.headers.get('Cache-Control')).toBe('no-store')
  expect(html).not.toMatch(/<script|<img|<a /)
  expect(html).toContain('&#60;script&#62;')
  expect(html.indexOf('script')).toBeLessThan(html.indexOf('First'))
})

test('a mail with HTML is shown as mail programs do, where nothing of it runs or is fetched, and only to this machine', async () => {
  const person = await w.person('creator', 'Ada <b>')
  await w.db.orm.em.fork().transactional((em) =>
    queueMail(em, {
      ...{ to: person.email, subject: 'Third', text: 'Words', html: '<p>Words<script>alert(1)</script>' },
      ...{ kind: 'offers', userId: person.userId, language: 'uk' },
    }),
  )
  const list = await (await read('http://localhost:3000/dev/mailbox')).text()
  expect(list).toContain('kind: offers, language: uk, <a href="/dev/mailbox/')
  expect(list).toContain('<pre lang="uk">Words</pre>')
  const [, path] = /<a href="(\/dev\/mailbox\/[^"]*)"/.exec(list)!
  const answer = await read(`http://localhost:3000${path}`)
  expect([answer.status, await answer.text()]).toEqual([200, '<p>Words<script>alert(1)</script>'])
  expect(answer.headers.get('Content-Security-Policy')).toBe(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
  )
  expect((await read(`http://evil.example:3000${path}`)).status).toBe(404)
  expect((await read('http://localhost:3000/dev/mailbox/01999999-0000-7000-8000-000000000001')).status).toBe(404)
})

test.each(['http://evil.example:3000', 'http://127.0.0.1.evil.example', 'http://192.168.1.5:3000'])(
  'whoever calls this machine %s learns nothing',
  async (host) => expect((await read(`${host}/dev/mailbox`)).status).toBe(404),
)

test('it is in no description, and where it was not asked for it is not there', async () => {
  const { body } = await w.call('GET', '/openapi.json')
  expect(JSON.stringify(body)).not.toContain('mailbox')
  const other = await restWorld()
  expect((await other.app.request('http://127.0.0.1/dev/mailbox')).status).toBe(404)
  expect(await (await other.app.request('http://127.0.0.1/')).text()).not.toContain('mailbox')
  await other.close()
  expect(
    (await read('http://127.0.0.1/dev/mailbox', { Origin: ORIGIN.replace('app', 'evil') })).headers.get('Access-Control-Allow-Origin'),
  ).toBe(null)
})
