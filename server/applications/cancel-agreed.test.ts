import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { sendMessage } from '../chat/send-message.ts'
import { accept, agreed, dealNow, parties, propose } from '../deals/testing.ts'
import { cancel, handIn, pay, rowOf, submit } from '../deals/testing-work.ts'
import { commandId, type World, world } from '../testing.ts'
import { moveApplication } from './move-application.ts'
import { countsOf, eventsOf, membersOf, pass } from './testing.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})
const refusal = (code: string) => ({ code })

describe('what is agreed', () => {
  test.each([
    ['brand', 'agreed+brand'],
    ['creator', 'agreed+creator'],
  ] as const)('the %s can ask to cancel, take that back, and ask again; the other side consents', async (side, asking) => {
    const its = await agreed(w)
    const { creator, campaign, applicationId, roomId, version } = its
    const [asks, other] = side === 'brand' ? [campaign.manager, creator] : [creator, campaign.manager]
    const asked = await cancel(w, asks, its, 'cancel.request', { reason: 'We cannot' })
    expect(asked).toEqual({ applicationId, roomId, version: version + 1, state: asking })
    const event = { type: 'application.statusChanged', actor: await w.keyOf(roomId, asks) }
    const deal = { move: 'cancel.request', from: 'agreed', to: asking, version: version + 1 }
    expect((await eventsOf(w, roomId)).at(-1)).toMatchObject({ ...event, data: { deal, personal: { reason: 'We cannot' } } })

    // Who asked cannot consent, and nobody else can take it back.
    await expect(cancel(w, asks, its, 'cancel.confirm')).rejects.toMatchObject(refusal('application.illegalMove'))
    await expect(cancel(w, other, its, 'cancel.revoke')).rejects.toMatchObject(refusal('application.illegalMove'))
    await expect(cancel(w, other, its, 'cancel.request')).rejects.toMatchObject(refusal('application.illegalMove'))
    expect(await cancel(w, asks, its, 'cancel.revoke')).toMatchObject({ state: 'agreed', version: version + 2 })
    await cancel(w, asks, its, 'cancel.request')
    expect(await cancel(w, other, its, 'cancel.confirm')).toMatchObject({ state: 'cancelled', version: version + 4 })
    expect(await dealNow(w, its)).toMatchObject({ state: 'cancelled', version: version + 4 })
    const { counted, real } = await countsOf(w, campaign.campaignId)
    expect(counted).toEqual({ cancelled: 1 })
    expect(real).toEqual(counted)
    expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
  })

  test('once cancelled leaves nobody out of a room, and ends what was proposed and waited', async () => {
    const its = await agreed(w)
    const { creator, campaign, roomId } = its
    const validUntil = new Date(Date.now() + 3_600_000).toISOString()
    await propose(w, creator, its, { basedOn: 1, validUntil })
    await cancel(w, creator, its, 'cancel.request')
    expect(new Date((await rowOf(w, its)).expires_at ?? 0).toISOString()).toBe(validUntil)
    await cancel(w, campaign.owner, its, 'cancel.confirm')
    expect((await dealNow(w, its)).offers.map(({ state }) => state)).toEqual(['accepted', 'expired'])
    expect(await rowOf(w, its)).toMatchObject({ state: 'cancelled', expires_at: null, disputed_at: null })
    await expect(propose(w, creator, its, { basedOn: 1 })).rejects.toMatchObject(refusal('application.illegalMove'))
    for (const room of [roomId, campaign.roomId]) expect(await membersOf(w, room)).toContain('creator')
    expect(await sendMessage(w.as(creator), { commandId: commandId(), roomId, text: 'A pity' })).toMatchObject({})
  })

  test('goes on though the campaign was cancelled and its time is over, and can be cancelled all the same', async () => {
    const its = await agreed(w)
    const { campaign, creator } = its
    const { campaignId } = campaign
    await moveCampaign(w.as(campaign.owner), { commandId: commandId(), campaignId, version: 2, move: 'cancel', reason: 'No budget' })
    await pass(superuser, campaignId, 'apply_by', 'decide_by')
    expect(await submit(w, its, 1)).toMatchObject({ state: 'delivering' })
    expect(await pay(w, its, 1, 'invoice').catch(({ code }) => code)).toBe('milestone.notYet')
    const place = await propose(w, campaign.manager, its, { basedOn: 1 })
    expect(await accept(w, creator, its, place)).toMatchObject({ state: 'delivering' })
    await cancel(w, creator, its, 'cancel.request')
    expect(await handIn(w, its, 2)).toMatchObject({ state: 'delivering+creator' })
    await cancel(w, creator, its, 'cancel.revoke')
    await cancel(w, campaign.owner, its, 'cancel.request')
    expect(await cancel(w, creator, its, 'cancel.confirm')).toMatchObject({ state: 'cancelled' })
  })

  test('is asked for as often as twenty times by each side, and still agreed to after that', async () => {
    const its = await agreed(w)
    const { creator, campaign } = its
    for (let n = 1; n <= 20; n++) {
      await cancel(w, creator, its, 'cancel.request')
      await cancel(w, creator, its, 'cancel.revoke')
    }
    const before = await eventsOf(w, its.roomId)
    await expect(cancel(w, creator, its, 'cancel.request')).rejects.toMatchObject(refusal('application.illegalMove'))
    expect(await eventsOf(w, its.roomId)).toEqual(before)
    await cancel(w, campaign.owner, its, 'cancel.request')
    expect(await cancel(w, creator, its, 'cancel.confirm')).toMatchObject({ state: 'cancelled' })
  })

  test('is asked for again with the same answer, and the command is good for nothing else', async () => {
    const its = await agreed(w)
    const { creator, applicationId, version } = its
    const order = { commandId: commandId(), applicationId, version, move: 'cancel.request' as const, reason: 'Ill' }
    const answers = await Promise.all([moveApplication(w.as(creator), order), moveApplication(w.as(creator), order)])
    expect(answers[1]).toEqual(answers[0])
    for (const other of [{ reason: 'Well' }, { reason: undefined }, { move: 'cancel.revoke' as const }, { version: 9 }])
      await expect(moveApplication(w.as(creator), { ...order, ...other })).rejects.toMatchObject(refusal('command.reused'))
    expect(await rowOf(w, its)).toMatchObject({ version: version + 1, state: 'agreed+creator' })
  })
})

describe('cancelling is refused', () => {
  test('to viewers and strangers, and for another version', async () => {
    const its = await agreed(w)
    const stranger = await parties(w)
    const before = await eventsOf(w, its.roomId)
    await expect(cancel(w, its.campaign.viewer, its, 'cancel.request')).rejects.toMatchObject(refusal('access.denied'))
    const order = { commandId: commandId(), applicationId: its.applicationId, version: its.version, move: 'cancel.request' as const }
    for (const who of [stranger.creator, stranger.campaign.owner, await w.person('admin')])
      for (const applicationId of [its.applicationId, newId<typeof its.applicationId>()])
        await expect(moveApplication(w.as(who), { ...order, applicationId })).rejects.toMatchObject({
          ...refusal('resource.notFound'),
          message: 'No such application',
        })
    for (const version of [its.version - 1, its.version + 1])
      await expect(cancel(w, its.creator, its, 'cancel.request', { version })).rejects.toMatchObject(refusal('resource.stale'))
    expect(await eventsOf(w, its.roomId)).toEqual(before)
  })

  test('before anything is agreed, and after it is over', async () => {
    const open = await parties(w)
    for (const who of [open.creator, open.campaign.owner])
      for (const move of ['cancel.request', 'cancel.revoke', 'cancel.confirm'] as const)
        await expect(cancel(w, who, open, move)).rejects.toMatchObject(refusal('application.illegalMove'))
    const its = await agreed(w)
    await expect(cancel(w, its.creator, its, 'cancel.confirm')).rejects.toMatchObject(refusal('application.illegalMove'))
    await handIn(w, its, 1)
    await handIn(w, its, 2)
    await expect(cancel(w, its.creator, its, 'cancel.request')).rejects.toMatchObject(refusal('application.illegalMove'))
  })

  test('nothing that is agreed is declined or withdrawn', async () => {
    const its = await agreed(w)
    const order = () => ({ commandId: commandId(), applicationId: its.applicationId, version: its.version })
    for (const [who, move] of [
      [its.campaign.owner, 'decline'],
      [its.creator, 'withdraw'],
    ] as const)
      await expect(moveApplication(w.as(who), { ...order(), move })).rejects.toMatchObject(refusal('application.illegalMove'))
  })
})
