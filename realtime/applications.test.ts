import { afterAll, beforeAll, expect, test } from 'vitest'
import { apply, openCampaign } from '../server/applications/testing.ts'
import { commandId } from '../server/testing.ts'
import { hub, type TestHub, type TestNode } from './testing.ts'

let h: TestHub
let far: TestNode
beforeAll(async () => {
  h = await hub()
  far = await h.node()
})
afterAll(() => h?.close())

const patience = { timeout: 5_000 }

test('whoever is declined is out of the campaign’s room on every node, and both sides hear of it in the application’s', async () => {
  const campaign = await openCampaign(h)
  const creator = await h.person()
  const { applicationId, roomId } = await apply(h, creator, campaign.campaignId)
  const [manager, here, there] = await Promise.all([h.client(campaign.manager), h.client(creator), h.client(creator, {}, far.url)])
  for (const client of [here, there]) await client.do('room.join', { roomId: campaign.roomId })
  for (const client of [manager, here, there]) await client.do('room.join', { roomId })
  const closed = [here, there].map(({ socket }) => new Promise((done) => socket.once('room.closed', done)))

  const order = { commandId: commandId(), applicationId, version: 1, move: 'decline', reason: 'Another time' }
  expect(await manager.do('application.move', order)).toMatchObject({ state: 'declined', version: 2 })
  expect(await Promise.all(closed)).toEqual([{ roomId: campaign.roomId }, { roomId: campaign.roomId }])
  const said = { deal: { to: 'declined', version: 2 }, personal: { reason: 'Another time' } }
  for (const client of [manager, here, there])
    await expect.poll(() => client.heard.at(-1), patience).toMatchObject({ roomId, type: 'application.statusChanged', data: said })

  for (const client of [here, there]) {
    const joining = await client.ask('room.join', { roomId: campaign.roomId })
    expect(joining).toMatchObject({ ok: false, error: { code: 'resource.notFound' } })
    expect(await client.do('room.join', { roomId })).toMatchObject({ kind: 'application' })
  }
  await manager.do('room.join', { roomId: campaign.roomId })
  await manager.do('chat.send', { commandId: commandId(), roomId: campaign.roomId, text: 'Only for those who are left' })
  await expect.poll(() => manager.heard.at(-1), patience).toMatchObject({ type: 'chat.messageSent' })
  for (const client of [here, there]) expect(client.heard.filter(({ type }) => type === 'chat.messageSent')).toEqual([])
})
