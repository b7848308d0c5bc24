import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { signCheckpoint } from '../../persistence/checkpoints.ts'
import { commandId, newSigner, type TestPerson } from '../testing.ts'
import { type Answer, type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
let admin: string
beforeAll(async () => {
  w = await restWorld()
  admin = await w.token(await w.person('admin'))
})
afterAll(() => w.close())
const withKey = (key: string) => ({ headers: { 'Idempotency-Key': key } })

test('a room from its making to an erasure, over REST alone', async () => {
  const [owner, creator] = [await w.person('brand', 'Olga'), await w.person('creator', 'Carl')]
  const [asOwner, asCreator] = [await w.token(owner), await w.token(creator)]
  const members = [{ userId: owner.userId, role: 'owner' }]
  const made = await w.call('POST', '/api/v1/rooms', { token: admin, body: { kind: 'application', title: 'A deal', members } })
  expect(made.status).toBe(201)
  const room = `/api/v1/rooms/${made.body.roomId}`

  expect(await w.call('PUT', `${room}/members/${creator.userId}`, { token: asOwner, body: { role: 'creator' } })).toMatchObject({
    status: 200,
  })
  const listed = await w.call('GET', '/api/v1/rooms', { token: asCreator })
  expect(listed.body.rooms).toMatchObject([{ roomId: made.body.roomId, kind: 'application', title: 'A deal', role: 'creator' }])

  const sent = await w.call('POST', `${room}/messages`, { token: asCreator, body: { text: 'Hello' } })
  expect(sent).toMatchObject({ status: 201, body: { seq: 4 } })
  const page = await w.call('GET', `${room}/messages?limit=1`, { token: asOwner })
  expect(page).toMatchObject({
    status: 200,
    body: { asOf: 4, more: false, messages: [{ id: sent.body.messageId, seq: 4, text: 'Hello' }] },
  })
  expect((await w.call('GET', `${room}/messages?before=4`, { token: asOwner })).body.messages).toEqual([])

  const erased = await w.call('POST', `${room}/erasures`, { token: asCreator, body: { seqs: [4], reason: 'personRequest' } })
  expect(erased).toMatchObject({ status: 201, body: { seq: 5 } })
  expect((await w.call('GET', `${room}/messages`, { token: asOwner })).body.messages).toMatchObject([{ seq: 4, rev: 5, text: null }])

  expect(await w.call('DELETE', `${room}/members/${creator.userId}`, { token: asOwner })).toMatchObject({ status: 200 })
  expect(await w.call('GET', `${room}/messages`, { token: asCreator })).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
})

test('sent again with its key a request has one effect and the same answer; with other content it is refused', async () => {
  const { roomId, owner, creator } = await w.negotiation()
  const token = await w.token(owner)
  const path = `/api/v1/rooms/${roomId}/messages`
  const key = commandId()
  const send = (text: string, its: string = key) => w.call('POST', path, { token, body: { text }, ...withKey(its) })
  const [first, second] = [await send('Hello'), await send('Hello', key.toUpperCase())]
  expect([first.status, second.body]).toEqual([201, first.body])
  expect(await send('Good bye')).toMatchObject({ status: 409, body: { code: 'command.reused' } })
  expect(await send('Hello', 'no-uuid')).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect((await w.call('GET', path, { token })).body.messages).toHaveLength(1)

  const another = commandId()
  const remove = (key = another) => w.call('DELETE', `/api/v1/rooms/${roomId}/members/${creator.userId}`, { token, ...withKey(key) })
  expect(await remove(key)).toMatchObject({ status: 409, body: { code: 'command.reused' } })
  expect([(await remove()).status, (await remove()).status]).toEqual([200, 200])
  const fresh = await w.call('DELETE', `/api/v1/rooms/${roomId}/members/${creator.userId}`, { token })
  expect(fresh).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
})

test('without a key each request is new', async () => {
  const { roomId, owner } = await w.negotiation()
  const token = await w.token(owner)
  for (const _ of [1, 2]) await w.call('POST', `/api/v1/rooms/${roomId}/messages`, { token, body: { text: 'Hello' } })
  expect((await w.call('GET', `/api/v1/rooms/${roomId}/messages`, { token })).body.messages).toHaveLength(2)
})

test('a list goes on from no cursor but one of ours', async () => {
  const token = await w.token(await w.person('brand'))
  const code = async (cursor: string) => (await w.call('GET', `/api/v1/rooms?cursor=${cursor}`, { token })).body.code
  for (const at of ['0000-01-01T00:00:00.000Z', '0001-01-01T00:00:00%2B23:59', 'yesterday'])
    expect([at, await code(`${at}_${newId()}`)]).toEqual([at, 'request.invalid'])
  for (const at of ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', ''])
    expect([at, await code(`${at}_${newId()}`)]).toEqual([at, undefined])
})

describe('a room of others', () => {
  type Ask = (roomId: string, userId: string, token: string) => Promise<Answer>
  const asks: Record<string, Ask> = {
    'reading its history': (id, _, token) => w.call('GET', `/api/v1/rooms/${id}/messages`, { token }),
    'speaking in it': (id, _, token) => w.call('POST', `/api/v1/rooms/${id}/messages`, { token, body: { text: 'hi' } }),
    'adding to it': (id, user, token) => w.call('PUT', `/api/v1/rooms/${id}/members/${user}`, { token, body: { role: 'owner' } }),
    'removing from it': (id, user, token) => w.call('DELETE', `/api/v1/rooms/${id}/members/${user}`, { token }),
    'erasing in it': (id, _, token) => w.call('POST', `/api/v1/rooms/${id}/erasures`, { token, body: { seqs: [1], reason: 'moderation' } }),
    'its checkpoints': (id, _, token) => w.call('GET', `/api/v1/rooms/${id}/checkpoints`, { token }),
  }
  const bare = ({ status, body: { requestId: _, ...body }, headers }: Answer) => {
    const others = [...headers].filter(([name]) => name !== 'x-request-id')
    return { status, body, headers: Object.fromEntries(others) }
  }

  test.each(Object.entries(asks))('looks exactly like one that is not there: %s', async (_, ask) => {
    const { roomId, creator } = await w.negotiation()
    const campaign = await w.room('campaign', [[creator, 'owner']])
    for (const stranger of [await w.person('brand'), await w.person('admin')]) {
      const token = await w.token(stranger)
      const missing = bare(await ask(newId(), creator.userId, token))
      expect(missing).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
      for (const id of [roomId, campaign]) expect(bare(await ask(id, creator.userId, token))).toEqual(missing)
    }
  })

  test('is not in the list', async () => {
    await w.negotiation()
    expect((await w.call('GET', '/api/v1/rooms', { token: await w.token(await w.person('admin')) })).body).toEqual({
      rooms: [],
      cursor: null,
    })
  })
})

test('a member without the right is told so', async () => {
  const { roomId, viewer, manager, creator } = await w.negotiation()
  const denied = { status: 403, body: { code: 'access.denied' } }
  const speak = (token: string) => w.call('POST', `/api/v1/rooms/${roomId}/messages`, { token, body: { text: 'hi' } })
  expect(await speak(await w.token(viewer))).toMatchObject(denied)
  const remove = async (by: TestPerson) =>
    w.call('DELETE', `/api/v1/rooms/${roomId}/members/${creator.userId}`, { token: await w.token(by) })
  for (const by of [viewer, manager]) expect(await remove(by)).toMatchObject(denied)
  expect(await remove(creator)).toMatchObject({ status: 200 }) // who leaves needs no right
})

test('checkpoints, newest first', async () => {
  const { roomId, owner } = await w.negotiation()
  const signer = newSigner()
  const signed = [1, 3, 2].map((seq) => signCheckpoint(signer, roomId, seq, `${seq}`.repeat(64), new Date()))
  for (const c of signed) {
    await w.db.pool.query('insert into checkpoint values ($1, $2, $3, $4, $5, $6)', [
      c.stream,
      c.seq,
      Buffer.from(c.hash, 'hex'),
      c.at,
      c.keyId,
      c.signature,
    ])
  }
  const { body } = await w.call('GET', `/api/v1/rooms/${roomId}/checkpoints`, { token: await w.token(owner) })
  expect(body).toEqual({ checkpoints: [signed[1], signed[2], signed[0]] })
})
