import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../client-sdk/contract/index.ts'
import { commandId } from './testing.ts'
import { type Rest, restWorld } from './testing-rest.ts'

let w: Rest
let room: string
let userId: string
let owner: string
let admin: string
beforeAll(async () => {
  w = await restWorld()
  const negotiation = await w.negotiation()
  room = `/api/v1/rooms/${negotiation.roomId}`
  userId = negotiation.creator.userId
  owner = await w.token(negotiation.owner)
  admin = await w.token(await w.person('admin'))
})
afterAll(() => w.close())

/** Everything there is, so that anything written shows. */
async function rows(): Promise<unknown> {
  const tables = ['event', 'message', 'command', 'member', 'room', 'person', 'session', 'refresh_token', 'stream']
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ')
  return (await w.db.pool.query(`select ${counts}, (select count(*) from refresh_token where used_by is not null) as used`)).rows[0]
}

const wrongTypes = [undefined, null, 7, true, {}, [], ['x']]
const notText = [...wrongTypes, '', '   ', '\u0000', 'a\u0000b', '\ud800', 'a\udc00b']
const notId = [...wrongTypes, '', 'x', '00000000-0000-0000-0000', `${newId()} `, `${newId()}' or 1=1`]
const member = () => ({ userId, role: 'owner' })

type Case = {
  method: string
  path: () => string
  token: () => string | undefined
  good: () => Record<string, unknown>
  bad: Record<string, unknown[]>
}
const cases: Record<string, Case> = {
  'signing in': {
    method: 'POST',
    path: () => '/api/v1/sessions',
    token: () => undefined,
    good: () => ({ email: 'a@example.com', password: 'x' }),
    bad: {
      email: [...wrongTypes, '', 'x', 'a@b', '@example.com', 'a b@example.com', 'a\u0000@example.com', `${'a'.repeat(250)}@example.com`],
      password: [...wrongTypes, '', 'x'.repeat(257)],
    },
  },
  'renewing a session': {
    method: 'POST',
    path: () => '/api/v1/sessions/renew',
    token: () => undefined,
    good: () => ({ refreshToken: 'x'.repeat(43), commandId: commandId() }),
    bad: { refreshToken: [...wrongTypes, '', 'x', 'x'.repeat(201)], commandId: notId },
  },
  'making a room': {
    method: 'POST',
    path: () => '/api/v1/rooms',
    token: () => admin,
    good: () => ({ kind: 'application', title: 'A room', members: [member()] }),
    bad: {
      kind: [...wrongTypes, '', 'direct', 'Application'],
      title: [...notText, 'x'.repeat(201)],
      members: [
        ...[undefined, null, 7, true, {}, 'x', [], ['x'], [null]],
        [{ ...member(), role: 'boss' }],
        [{ role: 'owner' }],
        [{ userId: 'x', role: 'owner' }],
        [member(), member()],
        [{ ...member(), role: 'creator' }],
        Array(101).fill(member()),
      ],
    },
  },
  'adding a member': {
    method: 'PUT',
    path: () => `${room}/members/${userId}`,
    token: () => owner,
    good: () => ({ role: 'viewer' }),
    bad: { role: [...wrongTypes, '', 'boss', 'OWNER', 'admin'] },
  },
  'sending a message': {
    method: 'POST',
    path: () => `${room}/messages`,
    token: () => owner,
    good: () => ({ text: 'hi' }),
    bad: { text: [...notText, 'x'.repeat(4_001), '\u2003\n\t'] },
  },
  'erasing messages': {
    method: 'POST',
    path: () => `${room}/erasures`,
    token: () => owner,
    good: () => ({ seqs: [1], reason: 'moderation' }),
    bad: {
      seqs: [undefined, null, 7, 'x', {}, [], [0], [-1], [1.5], ['1'], [null], [2 ** 53], Array(1_001).fill(1)],
      reason: [...wrongTypes, '', 'because'],
    },
  },
}
const fields = Object.entries(cases).flatMap(([name, { bad, ...its }]) =>
  Object.entries(bad).map(([field, values]) => ({ name, field, values, ...its })),
)

test.each(fields)('$name with a bad $field is refused, the field is named, and nothing is written', async (its) => {
  const before = await rows()
  for (const value of its.values) {
    const answer = await w.call(its.method, its.path(), { token: its.token(), body: { ...its.good(), [its.field]: value } })
    const given = JSON.stringify(value)?.slice(0, 60)
    expect({ given, status: answer.status, code: answer.body.code }).toEqual({ given, status: 400, code: 'request.invalid' })
    const crossField = /^A (person|room) /.test(answer.body.detail as string)
    if (!crossField) expect(answer.body.detail).toMatch(new RegExp(`^${its.field}`))
  }
  expect(await rows()).toEqual(before)
})

describe('in the address', () => {
  const ids = ['x', '0', '..%2f..', '%00', '%ff', "'%20or%201=1", '00000000-0000-0000-0000-00000000000g', 'a'.repeat(5_000)]
  test('no id but a UUID is taken', async () => {
    const before = await rows()
    for (const id of ids) {
      const bad = [
        await w.call('GET', `/api/v1/rooms/${id}/messages`, { token: owner }),
        await w.call('GET', `/api/v1/rooms/${id}/checkpoints`, { token: owner }),
        await w.call('POST', `/api/v1/rooms/${id}/messages`, { token: owner, body: { text: 'hi' } }),
        await w.call('POST', `/api/v1/rooms/${id}/erasures`, { token: owner, body: { seqs: [1], reason: 'moderation' } }),
        await w.call('PUT', `/api/v1/rooms/${id}/members/${userId}`, { token: owner, body: { role: 'viewer' } }),
        await w.call('PUT', `${room}/members/${id}`, { token: owner, body: { role: 'viewer' } }),
        await w.call('DELETE', `${room}/members/${id}`, { token: owner }),
      ]
      expect(bad.map(({ body }) => body.code)).toEqual(Array(7).fill('request.invalid'))
    }
    expect(await rows()).toEqual(before)
  })

  test.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1.5',
    'limit=1&limit=2',
    'before=0',
    'before=-1',
    'before=x',
    'before=9007199254740993',
  ])('a page of %s is refused', async (query) => {
    expect(await w.call('GET', `${room}/messages?${query}`, { token: owner })).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
  })
})
