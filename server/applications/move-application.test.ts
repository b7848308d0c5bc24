import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApplicationPlace, type MoveApplication, newId } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { sendMessage } from '../chat/send-message.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { moveApplication } from './move-application.ts'
import { moveApplications } from './move-applications.ts'
import { apply, countsOf, eventsOf, membersOf, type Opening, openCampaign, pass, versionOf } from './testing.ts'

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

type Applied = { campaign: Opening; creator: TestPerson; place: ApplicationPlace }
async function applied(campaign?: Opening): Promise<Applied> {
  const its = campaign ?? (await openCampaign(w))
  const creator = await w.person()
  return { campaign: its, creator, place: await apply(w, creator, its.campaignId) }
}
type Said = Partial<MoveApplication> & Pick<MoveApplication, 'move'>
const input = ({ applicationId }: ApplicationPlace, said: Said): MoveApplication => ({
  commandId: commandId(),
  applicationId,
  version: 1,
  ...said,
})
const move = (who: TestPerson, place: ApplicationPlace, said: Said) => moveApplication(w.as(who), input(place, said))

describe('a move', () => {
  test('raises the version and is announced with it, and the counts follow', async () => {
    const { campaign, place } = await applied()
    const { applicationId, roomId } = place
    const shortlisted = await move(campaign.manager, place, { move: 'shortlist', reason: 'Lovely' })
    expect(shortlisted).toEqual({ applicationId, version: 2, state: 'shortlisted', roomId })
    const actor = await w.keyOf(roomId, campaign.manager)
    const deal = { move: 'shortlist', from: 'submitted', to: 'shortlisted', version: 2 }
    const event = { type: 'application.statusChanged', actor, data: { deal, personal: { reason: 'Lovely' } } }
    expect((await eventsOf(w, roomId)).at(-1)).toMatchObject(event)
    expect((await countsOf(w, campaign.campaignId)).counted).toEqual({ shortlisted: 1 })
    expect(await versionOf(w, applicationId)).toBe(2)
    expect(await membersOf(w, campaign.roomId)).toContain('creator')
  })

  test.each([
    ['decline', 'manager', 'declined'],
    ['withdraw', 'creator', 'withdrawn'],
  ] as const)('to %s takes the creator out of the campaign’s room, and not out of the application’s', async (name, who, state) => {
    const { campaign, creator, place } = await applied()
    const access = async () =>
      (await w.db.pool.query('select access_version::int as v from stream where id = $1', [campaign.roomId])).rows[0].v as number
    const before = await access()
    const head = (await eventsOf(w, campaign.roomId)).length
    expect(await move(who === 'creator' ? creator : campaign.manager, place, { move: name })).toMatchObject({ state, version: 2 })
    expect(await access()).toBe(before + 1)
    expect(await eventsOf(w, campaign.roomId)).toHaveLength(head)
    expect(await membersOf(w, campaign.roomId)).toEqual(['manager', 'owner', 'viewer'])
    expect(await membersOf(w, place.roomId)).toEqual(['creator', 'manager', 'owner', 'viewer'])
    const ended = { type: 'membership.ended', data: { deal: { roomId: campaign.roomId, role: 'creator' } } }
    expect((await eventsOf(w, creator.userId as never)).at(-1)).toMatchObject(ended)
    expect(await sendMessage(w.as(creator), { commandId: commandId(), roomId: place.roomId, text: 'Bye' })).toMatchObject({})
    const { rows } = await w.db.pool.query('select members, told_members from room where id = $1', [campaign.roomId])
    expect(rows).toEqual([{ members: 3, told_members: 3 }])
    expect(await verifyStream(w.db, place.roomId)).toMatchObject({ ok: true })
  })

  test('is answered again as before, and its command is good for nothing else', async () => {
    const { campaign, place } = await applied()
    const said = input(place, { move: 'shortlist', reason: 'Lovely' })
    const answers = await Promise.all([moveApplication(w.as(campaign.owner), said), moveApplication(w.as(campaign.owner), said)])
    expect(answers[1]).toEqual(answers[0])
    for (const other of [{ reason: 'Else' }, { reason: undefined }, { move: 'decline' as const }])
      await expect(moveApplication(w.as(campaign.owner), { ...said, ...other })).rejects.toMatchObject(refusal('command.reused'))
    expect((await eventsOf(w, place.roomId)).filter(({ type }) => type === 'application.statusChanged')).toHaveLength(1)
  })
})

describe('a move is refused', () => {
  test('to whoever is of the wrong side, and to strangers as if it were not there', async () => {
    const { campaign, creator, place } = await applied()
    const other = await applied()
    for (const [who, name] of [
      [creator, 'shortlist'],
      [creator, 'decline'],
      [campaign.owner, 'withdraw'],
      [campaign.viewer, 'shortlist'],
    ] as const)
      await expect(move(who, place, { move: name })).rejects.toMatchObject(refusal('access.denied'))
    const unknown = { ...place, applicationId: newId<typeof place.applicationId>() }
    for (const who of [other.creator, other.campaign.owner, await w.person('admin')])
      for (const which of [place, unknown])
        await expect(move(who, which, { move: 'decline' })).rejects.toMatchObject({
          code: 'resource.notFound',
          message: 'No such application',
        })
    expect(await versionOf(w, place.applicationId)).toBe(1)
  })

  test('of another version, from where it does not lead, too late by PostgreSQL’s clock, or of what was cancelled', async () => {
    const { campaign, creator, place } = await applied()
    await expect(move(creator, place, { move: 'withdraw', version: 2 })).rejects.toMatchObject(refusal('resource.stale'))
    await move(campaign.owner, place, { move: 'shortlist' })
    await expect(move(campaign.owner, place, { move: 'shortlist', version: 2 })).rejects.toMatchObject(refusal('application.illegalMove'))
    await pass(superuser, campaign.campaignId, 'decide_by')
    for (const [who, name] of [
      [campaign.owner, 'decline'],
      [creator, 'withdraw'],
    ] as const)
      await expect(move(who, place, { move: name, version: 2 })).rejects.toMatchObject(refusal('deadline.passed'))

    const cancelled = await applied()
    const { campaignId, owner } = cancelled.campaign
    await moveCampaign(w.as(owner), { commandId: commandId(), campaignId, version: 2, move: 'cancel', reason: 'No budget' })
    await expect(move(owner, cancelled.place, { move: 'decline' })).rejects.toMatchObject(refusal('application.illegalMove'))
    expect((await countsOf(w, campaignId)).counted).toEqual({ submitted: 1 })
  })
})

test('of a shortlisting and a withdrawal at once one goes through, and the other is told', async () => {
  const campaign = await openCampaign(w)
  for (let i = 0; i < 5; i++) {
    const { creator, place } = await applied(campaign)
    const settled = await Promise.allSettled([
      move(campaign.owner, place, { move: 'shortlist' }),
      move(creator, place, { move: 'withdraw' }),
      move(campaign.manager, place, { move: 'decline' }),
    ])
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const codes = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(codes).toEqual(['resource.stale', 'resource.stale'])
    expect(await versionOf(w, place.applicationId)).toBe(2)
  }
  const { counted, real } = await countsOf(w, campaign.campaignId)
  expect(counted).toEqual(real)
})

test('moves to and fro by many at once do not wait for each other for ever, and are counted right', async () => {
  const campaign = await openCampaign(w)
  const all = await Promise.all(Array.from({ length: 8 }, () => applied(campaign)))
  await Promise.all(all.slice(0, 4).map(({ place }) => move(campaign.owner, place, { move: 'shortlist' })))
  await Promise.all([
    ...all.slice(0, 2).map(({ place }) => move(campaign.owner, place, { move: 'decline', version: 2 })),
    ...all.slice(2, 4).map(({ creator, place }) => move(creator, place, { move: 'withdraw', version: 2 })),
    ...all.slice(4, 6).map(({ place }) => move(campaign.manager, place, { move: 'shortlist' })),
    ...all.slice(6).map(({ creator, place }) => move(creator, place, { move: 'withdraw' })),
    ...Array.from({ length: 4 }, () => applied(campaign)),
  ])
  const { counted, real } = await countsOf(w, campaign.campaignId)
  expect(counted).toEqual(real)
  expect(real).toEqual({ declined: 2, withdrawn: 4, shortlisted: 2, submitted: 4 })
})

describe('several moves in one', () => {
  test('are each by itself, and a repeat moves none twice', async () => {
    const campaign = await openCampaign(w)
    const [fresh, moved, gone] = await Promise.all([applied(campaign), applied(campaign), applied(campaign)])
    await move(campaign.owner, moved.place, { move: 'shortlist' })
    await move(gone.creator, gone.place, { move: 'withdraw' })
    const foreign = await applied()
    const sister = await applied(await openCampaign(w, { team: campaign }))
    const unknown = newId<typeof fresh.place.applicationId>()
    const at = ({ applicationId }: ApplicationPlace, version: number) => ({ applicationId, version })
    const applications = [
      ...[at(fresh.place, 1), at(moved.place, 2), at(gone.place, 1)],
      ...[at(foreign.place, 1), at(sister.place, 1), { applicationId: unknown, version: 1 }],
    ]
    const order = { commandId: commandId(), campaignId: campaign.campaignId, move: 'shortlist' as const, applications }
    const answer = await moveApplications(w.as(campaign.manager), order)
    expect(answer).toEqual({
      moved: [{ ...fresh.place, state: 'shortlisted', version: 2 }],
      refused: [
        { applicationId: moved.place.applicationId, code: 'application.illegalMove' },
        { applicationId: gone.place.applicationId, code: 'resource.stale' },
        ...[foreign.place.applicationId, sister.place.applicationId, unknown].map((applicationId) => {
          return { applicationId, code: 'resource.notFound' }
        }),
      ],
    })
    expect(await moveApplications(w.as(campaign.manager), order)).toEqual(answer)
    expect(await versionOf(w, fresh.place.applicationId)).toBe(2)
    for (const { place } of [foreign, sister]) expect(await versionOf(w, place.applicationId)).toBe(1)
  })

  test('are refused to all but those who decide', async () => {
    const { campaign, creator, place } = await applied()
    const order = () => ({
      ...{ commandId: commandId(), campaignId: campaign.campaignId, move: 'decline' as const },
      applications: [{ applicationId: place.applicationId, version: 1 }],
    })
    for (const who of [creator, campaign.viewer])
      await expect(moveApplications(w.as(who), order())).rejects.toMatchObject(refusal('access.denied'))
    await expect(moveApplications(w.as(await w.person('brand')), order())).rejects.toMatchObject(refusal('resource.notFound'))
  })
})
