import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import { listMessages } from '../chat/list-messages.ts'
import { sendMessage } from '../chat/send-message.ts'
import { listRooms } from '../rooms/list-rooms.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { getApplication } from './get-application.ts'
import { listMyApplications } from './list-applications.ts'
import { openNotes } from './open-notes.ts'
import { apply, eventsOf, membersOf, openCampaign, versionOf } from './testing.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

async function applied() {
  const campaign = await openCampaign(w)
  const creator = await w.person('creator', 'Ann')
  const { applicationId } = await apply(w, creator, campaign.campaignId)
  const open = (who: TestPerson, id = applicationId) => openNotes(w.as(who), { commandId: commandId(), applicationId: id })
  return { ...campaign, creator, applicationId, open }
}

test('notes are one room of the team’s, however often and by how many they are opened', async () => {
  const { owner, manager, viewer, applicationId, open } = await applied()
  const opened = await Promise.all([open(owner), open(manager), open(owner)])
  const { roomId } = opened[0]
  expect(opened).toEqual(Array(3).fill({ roomId }))
  expect(await membersOf(w, roomId)).toEqual(['manager', 'owner', 'viewer'])
  const [created] = await eventsOf(w, roomId)
  expect(created).toMatchObject({ type: 'room.created', data: { deal: { kind: 'notes' }, personal: { title: 'Notes: Autumn × Ann' } } })
  await sendMessage(w.as(manager), { commandId: commandId(), roomId, text: 'A bit dear' })
  expect((await listMessages(w.as(viewer), { roomId, limit: 10 })).messages).toMatchObject([{ text: 'A bit dear' }])
  for (const person of [owner, manager, viewer])
    expect(await getApplication(w.as(person), { applicationId })).toMatchObject({ notesRoomId: roomId })
})

test('the creator sees no difference between notes and none, and no room of them', async () => {
  const { owner, manager, creator, applicationId, open } = await applied()
  const look = async () => ({
    application: await getApplication(w.as(creator), { applicationId }),
    mine: await listMyApplications(w.as(creator), { limit: 20, state: [], sort: 'changed' }),
    rooms: await listRooms(w.as(creator), { previews: false }),
    own: await eventsOf(w, creator.userId as never),
    asked: await open(creator).catch(({ code, message }) => ({ code, message })),
    version: await versionOf(w, applicationId),
  })
  const before = await look()
  const { roomId } = await open(owner)
  await sendMessage(w.as(manager), { commandId: commandId(), roomId, text: 'A bit dear' })
  expect(await look()).toEqual(before)
  expect(before.asked).toMatchObject({ code: 'access.denied' })
  expect(before.application.notesRoomId).toBe(null)
  const strangers = [roomId, newId<typeof roomId>()].map((id) => listMessages(w.as(creator), { roomId: id, limit: 10 }))
  for (const { reason } of (await Promise.allSettled(strangers)) as PromiseRejectedResult[])
    expect(reason).toMatchObject({ code: 'resource.notFound', message: 'No such room' })
})

test('notes are opened by those who decide, and by nobody who was taken out of the team meanwhile', async () => {
  const { brandId, owner, manager, viewer, applicationId, open } = await applied()
  await expect(open(viewer)).rejects.toMatchObject({ code: 'access.denied' })
  const stranger = await w.person('brand')
  for (const id of [applicationId, newId<typeof applicationId>()])
    await expect(open(stranger, id)).rejects.toMatchObject({ code: 'resource.notFound', message: 'No such application' })
  const [opening] = await Promise.allSettled([
    open(manager),
    removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId }),
  ])
  if (opening.status === 'rejected') expect(opening.reason).toMatchObject({ code: 'resource.notFound' })
  const { roomId } = await open(owner)
  expect(await membersOf(w, roomId)).toEqual(['owner', 'viewer'])
})
