import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
let admin: string
beforeAll(async () => {
  w = await restWorld()
  admin = await w.token(await w.person('admin'))
})
afterAll(() => w.close())
const dora = { email: 'Dora@Example.com', name: 'Dora', role: 'creator', password: 'long enough' }

test('an administrator makes an account, finds it by its address, and its owner signs in', async () => {
  const made = await w.call('POST', '/api/v1/people', { token: admin, body: dora })
  expect(made.status).toBe(201)
  const found = await w.call('GET', '/api/v1/people?email=DORA@example.com', { token: admin })
  expect(found).toMatchObject({ status: 200, body: { userId: made.body.userId, email: 'dora@example.com', name: 'Dora', role: 'creator' } })
  expect(JSON.stringify(found.body)).not.toContain('argon')
  const session = await w.call('POST', '/api/v1/sessions', { body: { email: dora.email, password: dora.password } })
  expect(session).toMatchObject({ status: 201, body: { userId: made.body.userId } })
  expect(await w.call('POST', '/api/v1/people', { token: admin, body: dora })).toMatchObject({
    status: 409,
    body: { code: 'person.exists' },
  })
})

test('nobody else may, or learns who has an account', async () => {
  const brand = await w.token(await w.person('brand'))
  for (const path of ['/api/v1/people?email=dora@example.com', '/api/v1/people?email=nobody@example.com']) {
    expect(await w.call('GET', path, { token: brand })).toMatchObject({ status: 403, body: { code: 'access.denied' } })
  }
  expect(await w.call('POST', '/api/v1/people', { token: brand, body: dora })).toMatchObject({ status: 403 })
})

test('a room tells its members who is in it, and strangers nothing', async () => {
  const { roomId, creator } = await w.negotiation()
  const token = await w.token(creator)
  const room = await w.call('GET', `/api/v1/rooms/${roomId}`, { token })
  const key = await w.keyOf(roomId, creator)
  expect(room).toMatchObject({ status: 200, body: { roomId, kind: 'application', title: 'A room', head: 5, me: { key, role: 'creator' } } })
  expect((room.body.members as { key: string; name: string }[]).find((m) => m.key === key)?.name).toBe(creator.name)
  const stranger = await w.token(await w.person('brand'))
  for (const id of [roomId, newId<string>()]) {
    expect(await w.call('GET', `/api/v1/rooms/${id}`, { token: stranger })).toMatchObject({
      status: 404,
      body: { code: 'resource.notFound' },
    })
  }
})
