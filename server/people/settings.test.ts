import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

test('a person sets for themselves whether they are seen, and it is on their stream once for each change', async () => {
  const person = await w.person('creator')
  const token = await w.token(person)
  const path = '/api/v1/me/settings'
  expect(await w.call('GET', path, { token })).toMatchObject({ status: 200, body: { presence: 'shown' } })
  for (const presence of ['hidden', 'hidden', 'shown']) {
    expect(await w.call('PUT', path, { token, body: { presence } })).toMatchObject({ status: 200, body: { presence } })
    expect(await w.call('GET', path, { token })).toMatchObject({ status: 200, body: { presence } })
  }
  const { events } = await w.db.log.readAfter(person.userId, 0, 10)
  expect(events.map(({ type, data }) => [type, data.deal])).toEqual([
    ['person.settingsChanged', { presence: 'hidden' }],
    ['person.settingsChanged', { presence: 'shown' }],
  ])
})

test('two changes at once end in one of them, on the stream as in the row', async () => {
  const person = await w.person('creator')
  const token = await w.token(person)
  const wanted = ['hidden', 'shown', 'hidden', 'shown', 'hidden']
  await Promise.all(wanted.map((presence) => w.call('PUT', '/api/v1/me/settings', { token, body: { presence } })))
  const { body } = await w.call('GET', '/api/v1/me/settings', { token })
  const { events } = await w.db.log.readAfter(person.userId, 0, 10)
  expect(events.at(-1)?.data.deal).toEqual({ presence: body.presence })
})

const usual = {
  presence: 'shown',
  language: 'en',
  timeZone: 'UTC',
  notifications: { mentions: true, messages: true, applications: true, offers: true, deliverables: true, digest: true, summaries: true },
  profile: 'brands',
}

test('all settings are kept, and what is left out stays', async () => {
  const person = await w.person('creator')
  const token = await w.token(person)
  const path = '/api/v1/me/settings'
  const put = async (body: unknown) => {
    const answer = await w.call('PUT', path, { token, body })
    expect(answer.status).toBe(200)
    expect(await w.call('GET', path, { token })).toMatchObject({ body: answer.body })
    return answer.body
  }
  expect((await w.call('GET', path, { token })).body).toEqual(usual)
  const first = { ...usual, language: 'uk', timeZone: 'Europe/Kyiv', notifications: { ...usual.notifications, digest: false } }
  expect(await put({ language: 'uk', timeZone: 'Europe/Kyiv', notifications: { digest: false } })).toEqual(first)
  expect(await put({ presence: 'hidden' })).toEqual({ ...first, presence: 'hidden' })
  expect(await put({})).toEqual({ ...first, presence: 'hidden' })
  const whole = { presence: 'shown', language: 'pt-BR', timeZone: 'America/Sao_Paulo', profile: 'applied' }
  const none = {
    mentions: false,
    messages: false,
    applications: false,
    offers: false,
    deliverables: false,
    digest: false,
    summaries: false,
  }
  expect(await put({ ...whole, notifications: none })).toEqual({ ...whole, notifications: none })
  expect(await put(usual)).toEqual(usual)
  const { rows } = await w.db.pool.query('select notifications from person where id = $1', [person.userId])
  expect(rows).toEqual([{ notifications: null }])
  const { events } = await w.db.log.readAfter(person.userId, 0, 10)
  expect(events.map(({ data }) => data.deal)).toEqual([{ presence: 'hidden' }, { presence: 'shown' }])
})

test('two changes of different settings at once both hold', async () => {
  const token = await w.token(await w.person('creator'))
  const changes = [{ language: 'uk' }, { profile: 'applied' }, { notifications: { digest: false } }, { notifications: { offers: false } }]
  await Promise.all(changes.map((body) => w.call('PUT', '/api/v1/me/settings', { token, body })))
  const { body } = await w.call('GET', '/api/v1/me/settings', { token })
  expect(body).toEqual({
    ...usual,
    language: 'uk',
    profile: 'applied',
    notifications: { ...usual.notifications, digest: false, offers: false },
  })
})

test('what is no setting is refused and changes nothing, and so is whoever is not signed in', async () => {
  const token = await w.token(await w.person('creator'))
  const refused = [
    { presence: 'maybe' },
    { presence: null },
    { language: 'klingon' },
    { language: 'xx-YY\0' },
    { timeZone: 'Mars/Olympus' },
    { timeZone: '+25:00' },
    { timeZone: '../../etc/passwd' },
    { notifications: { digest: 'yes' } },
    { notifications: [] },
    { profile: 'nobody' },
    { language: 'uk', profile: 3 },
    [],
    'hidden',
  ]
  for (const body of refused) {
    const answer = await w.call('PUT', '/api/v1/me/settings', { token, body: JSON.stringify(body) })
    expect([body, answer.status, answer.body.code]).toEqual([body, 400, 'request.invalid'])
  }
  expect((await w.call('GET', '/api/v1/me/settings', { token })).body).toEqual(usual)
  expect(await w.call('GET', '/api/v1/me/settings')).toMatchObject({ status: 401, body: { code: 'session.required' } })
})
