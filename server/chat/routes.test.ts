import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

test('all that can be done to a message can be done over REST', async () => {
  const { roomId, owner, creator, viewer } = await w.negotiation()
  const [mine, theirs, reader] = await Promise.all([creator, owner, viewer].map((person) => w.token(person)))
  const at = `/api/v1/rooms/${roomId}`
  const said = await w.call('POST', `${at}/messages`, { token: mine!, body: { text: 'four videos' } })
  const message = `${at}/messages/${said.body.seq}`
  const reply = await w.call('POST', `${at}/messages`, { token: theirs!, body: { text: 'by when?', replyTo: said.body.seq } })
  expect(reply.status).toBe(201)
  expect(await w.call('PATCH', message, { token: mine!, body: { text: 'five videos' } })).toMatchObject({ status: 200 })
  expect(await w.call('PATCH', message, { token: theirs!, body: { text: 'ten' } })).toMatchObject({
    status: 403,
    body: { code: 'access.denied' },
  })
  expect(await w.call('PUT', `${message}/reactions/${encodeURIComponent('👍')}`, { token: theirs! })).toMatchObject({ status: 200 })
  expect(await w.call('PUT', `${message}/reactions/nice`, { token: theirs! })).toMatchObject({
    status: 400,
    body: { code: 'request.invalid' },
  })
  expect(await w.call('PUT', `${at}/pins/${said.body.seq}`, { token: mine! })).toMatchObject({ status: 200 })
  const seen = await w.call('GET', message, { token: reader! })
  expect(seen).toMatchObject({ status: 200, body: { text: 'five videos', replies: 1, reactions: [{ emoji: '👍' }] } })
  const versions = await w.call('GET', `${message}/versions`, { token: reader! })
  expect((versions.body.versions as { text: string }[]).map((version) => version.text)).toEqual(['four videos', 'five videos'])
  expect(await w.call('GET', `${at}/pins`, { token: reader! })).toMatchObject({ body: { messages: [{ seq: said.body.seq }] } })
  expect(await w.call('GET', `${at}/messages?thread=${said.body.seq}`, { token: reader! })).toMatchObject({
    body: { messages: [{ text: 'by when?' }] },
  })
  expect(await w.call('PUT', `${at}/read`, { token: reader!, body: { seq: reply.body.seq } })).toMatchObject({ body: { unread: 0 } })
  expect(await w.call('PUT', `${at}/mute`, { token: reader!, body: { muted: true } })).toMatchObject({ body: { muted: true } })
  expect(await w.call('DELETE', `${message}/reactions/${encodeURIComponent('👍')}`, { token: theirs! })).toMatchObject({ status: 200 })
  expect(await w.call('DELETE', `${at}/pins/${said.body.seq}`, { token: mine! })).toMatchObject({ status: 200 })
  expect(await w.call('DELETE', message, { token: mine! })).toMatchObject({ status: 200 })
  expect(await w.call('GET', message, { token: reader! })).toMatchObject({ body: { text: null, deleted: true } })
  expect(await w.call('PATCH', message, { token: mine!, body: { text: 'again' } })).toMatchObject({
    status: 409,
    body: { code: 'message.deleted' },
  })
  const settings = { announcementsOnly: true }
  expect(await w.call('PATCH', `${at}/settings`, { token: theirs!, body: settings })).toMatchObject({ status: 200 })
  expect(await w.call('POST', `${at}/messages`, { token: mine!, body: { text: 'but' } })).toMatchObject({ status: 403 })
  expect(await w.call('GET', at, { token: reader! })).toMatchObject({
    body: { settings: { slowMode: 0, announcementsOnly: true }, pins: [] },
  })
})

test('slow mode says when again, in the body and in the header', async () => {
  const { roomId, owner, creator } = await w.negotiation()
  const [mine, theirs] = await Promise.all([creator, owner].map((person) => w.token(person)))
  await w.call('PATCH', `/api/v1/rooms/${roomId}/settings`, { token: theirs!, body: { slowMode: 30 } })
  const say = () => w.call('POST', `/api/v1/rooms/${roomId}/messages`, { token: mine!, body: { text: 'hi' } })
  expect(await say()).toMatchObject({ status: 201 })
  const refused = await say()
  expect(refused).toMatchObject({ status: 429, body: { code: 'chat.slowMode', retryAfter: 30 } })
  expect(refused.headers.get('Retry-After')).toBe('30')
})
