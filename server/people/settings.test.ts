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
  expect(events.at(-1)?.data.deal).toEqual(body)
})

test('what is no setting is refused, and so is whoever is not signed in', async () => {
  const token = await w.token(await w.person('creator'))
  for (const body of [{}, { presence: 'maybe' }, { presence: null }]) {
    expect(await w.call('PUT', '/api/v1/me/settings', { token, body })).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  }
  expect(await w.call('GET', '/api/v1/me/settings')).toMatchObject({ status: 401, body: { code: 'session.required' } })
})
