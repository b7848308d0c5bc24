import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EventName, events, type Part, type RoomId, type Snapshot, SYSTEM, type Terms } from '../client-sdk/contract/index.ts'
import { emptyRoom, fromSnapshot, type RoomState, reduce } from '../client-sdk/contract/reduce.ts'
import { moveApplication } from '../server/applications/move-application.ts'
import { setTeamRole } from '../server/brands/change-team.ts'
import { makeTeam } from '../server/brands/testing.ts'
import { moveCampaign } from '../server/campaigns/move-campaign.ts'
import { updateCampaign } from '../server/campaigns/update-campaign.ts'
import { accept, counter, propose, someTerms } from '../server/deals/testing.ts'
import { reviewDeliverable, submitDeliverable } from '../server/deliverables/move-deliverable.ts'
import { eraseMessages } from '../server/log/erase-messages.ts'
import { moveMilestone } from '../server/milestones/move-milestone.ts'
import { declineOffer, withdrawOffer } from '../server/offers/close-offer.ts'
import { commentOffer } from '../server/offers/comment-offer.ts'
import { platformId } from '../server/once.ts'
import { addMember } from '../server/rooms/add-member.ts'
import { removeMember } from '../server/rooms/remove-member.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { hub, type TestClient, type TestHub } from './testing.ts'
import { apply, draft, forget, market, terms } from './testing-market.ts'

let h: TestHub
beforeAll(async () => {
  h = await hub()
})
afterAll(() => h.close())

/** What a room never sees: it lies on the streams of people, of brands and of the platform. */
const isElsewhere = (type: string) => /^(session|membership|person|profile|brand|catalogue|workflow|mail)\./.test(type)

type Acts = Partial<Record<EventName, () => Promise<unknown>>>

/** Each brings the event type of its name about, in a room where something was said. */
const bringAbout = (roomId: RoomId, owner: TestClient, ownerPerson: TestPerson, guest: TestPerson) => {
  const of = (message: number) => ({ commandId: commandId(), roomId, message })
  const say = (text: string, replyTo?: number) => owner.do('chat.send', { commandId: commandId(), roomId, text, replyTo })
  const by = () => ({ commandId: commandId(), roomId, userId: guest.userId })
  const acts: Acts = {
    'chat.messageSent': async () => say('and again', (await say('something')).seq),
    'chat.messageEdited': async () => owner.do('chat.edit', { ...of((await say('a slip')).seq), text: 'no slip' }),
    'chat.messageDeleted': async () => {
      const { seq } = await say('this goes')
      await say('about what goes', seq)
      await owner.do('chat.react', { ...of(seq), emoji: '👋' })
      await owner.do('chat.pin', of(seq))
      await owner.do('chat.delete', of(seq))
    },
    'chat.reacted': async () => owner.do('chat.react', { ...of((await say('well?')).seq), emoji: '👍' }),
    'chat.unreacted': async () => {
      const { seq } = await say('well?')
      for (const emoji of ['👍', '🎉']) await owner.do('chat.react', { ...of(seq), emoji })
      await owner.do('chat.unreact', { ...of(seq), emoji: '👍' })
    },
    'chat.messagePinned': async () => owner.do('chat.pin', of((await say('keep this')).seq)),
    'chat.messageUnpinned': async () => {
      const { seq } = await say('not this')
      await owner.do('chat.pin', of(seq))
      await owner.do('chat.unpin', of(seq))
    },
    'room.created': async () => {}, // it is the first of every room
    'room.settingsChanged': () => owner.do('room.configure', { commandId: commandId(), roomId, slowMode: 5 }),
    'room.memberAdded': () => addMember(h.as(ownerPerson), { ...by(), role: 'viewer' }),
    'room.memberRemoved': async () => {
      await addMember(h.as(ownerPerson), { ...by(), role: 'viewer' })
      await removeMember(h.as(ownerPerson), by())
    },
    'log.erased': async () => {
      const { seq } = await say('telephone')
      await owner.do('chat.edit', { ...of(seq), text: 'telephone 555-0199' })
      await eraseMessages(h.as(ownerPerson), { commandId: commandId(), roomId, seqs: [seq], reason: 'personRequest' })
    },
  }
  return acts
}

/** Somebody to act, somebody to look, and what can be brought about, in a room that is about nothing but itself. */
async function talkStage() {
  const { roomId, owner: person, viewer } = await h.negotiation()
  const owner = await h.client(person)
  return { roomId, owner, viewer, acts: bringAbout(roomId, owner, person, await h.person('brand', 'Guest')) }
}
/** The same in a campaign's room, and in an application's. */
async function campaignStage() {
  const team = await makeTeam(h)
  const { campaignId, roomId } = await draft(h, team)
  const { owner, manager, viewer, brandId } = team
  const change = { campaignId, version: 0 }
  const next = () => ({ commandId: commandId(), campaignId, version: ++change.version })
  let days = 0
  const acts: Acts = {
    'campaign.created': async () => {}, // the room is made with it
    'campaign.notOpened': () => platformSays(roomId, ++days, { type: 'campaign.notOpened', deal: { missing: ['brief'] } }),
    'campaign.changed': () => updateCampaign(h.as(owner), { ...next(), title: `Title ${change.version}` }),
    'campaign.statusChanged': () =>
      moveCampaign(h.as(owner), { ...next(), move: change.version === 1 ? 'publish' : 'pause', reason: `Reason ${change.version}` }),
    'room.roleChanged': async () => {
      for (const role of ['owner', 'viewer'] as const)
        await setTeamRole(h.as(owner), { commandId: commandId(), brandId, userId: manager.userId, role })
    },
  }
  return { roomId, owner: await h.client(owner), viewer, acts }
}
async function applicationStage() {
  const { owner, viewer, campaignId } = await market(h)
  const { applicationId, roomId } = await apply(h, await h.person('creator'), campaignId, terms)
  const shortlist = { applicationId, version: 1, move: 'shortlist', reason: 'For now' } as const
  const forgetIt = async () => {
    const { events: log } = await h.db.log.readAfter(roomId, 0, 500)
    const { seq } = log.findLast(({ type }) => type === 'application.statusChanged')!
    await forget(h, roomId, seq)
  }
  const steps = [() => moveApplication(h.as(owner), { commandId: commandId(), ...shortlist }), forgetIt]
  let reminders = 0
  const acts: Acts = {
    'application.reminded': () =>
      platformSays(roomId, ++reminders, { type: 'application.reminded', deal: { kind: 'waiting', to: 'brand' } }),
    'application.submitted': async () => {}, // the room is made with it
    'application.statusChanged': async () => steps.shift()!(),
  }
  return { roomId, owner: await h.client(owner), viewer, acts }
}
/** The same in the room of a deal. Each makes the deal that it needs, and is done twice. */
async function dealStage() {
  const { owner, manager, viewer, campaignId } = await market(h)
  const creator = await h.person('creator')
  const its = await apply(h, creator, campaignId, terms)
  const { applicationId, roomId } = its
  const which = () => ({ commandId: commandId(), applicationId })
  const agree = async (basedOn: number | null = null) =>
    accept(h, creator, its, await propose(h, manager, its, { terms: someTerms({ fee: terms.fee, payments }), basedOn }))
  const answered = async () => propose(h, manager, its, { terms: someTerms() })
  await declineOffer(h.as(manager), { ...which(), offer: 1 }) // what came with the application
  const lastSeq = async (type: EventName) => (await h.db.log.readAfter(roomId, 0, 500)).events.findLast((e) => e.type === type)!.seq
  let done = 0
  const acts: Acts = {
    'offer.proposed': async () => counter(h, creator, its, (await answered()).offer).then((last) => withdraw(creator, last.offer)),
    'offer.accepted': () => agree(done++ === 0 ? null : 2),
    'offer.declined': async () => declineOffer(h.as(creator), { ...which(), offer: (await answered()).offer, reason: 'Too little' }),
    'offer.withdrawn': async () => withdraw(manager, (await answered()).offer),
    'offer.expired': async () => {
      const validUntil = new Date(Date.now() + 300).toISOString()
      await propose(h, manager, its, { terms: someTerms(), validUntil })
      await sleep(400)
      await withdraw(manager, (await answered()).offer)
    },
    'offer.commented': async () => {
      await commentOffer(h.as(creator), { ...which(), offer: 1, term: 'fee', item: null, text: 'My rent went up' })
      if (done++ > 0) await forget(h, roomId, await lastSeq('offer.commented'))
    },
    'deliverable.statusChanged': async () => {
      if (done++ === 0) await agree()
      const { seq } = await submitDeliverable(h.as(creator), { ...which(), deliverable: 1, links: ['https://example.com/a'], note: 'Here' })
      const review = { ...which(), deliverable: 1, submitted: seq, move: done === 1 ? 'requestRevision' : 'approve' } as const
      await reviewDeliverable(h.as(manager), review)
      await forget(h, roomId, seq)
    },
    'milestone.statusChanged': async () => {
      if (done++ === 0) await agree()
      const [who, move] = done === 1 ? ([creator, 'invoice'] as const) : ([manager, 'pay'] as const)
      await moveMilestone(h.as(who), { ...which(), milestone: 1, move, note: 'Number 12' })
    },
    'offer.reminded': () => platformSays(roomId, ++done, { type: 'offer.reminded', deal: { offer: 1, kind: 'expiring', to: 'brand' } }),
    'deliverable.reminded': () => {
      const deal = { deliverable: 1, kind: 'overdue', due: '2026-11-21', to: 'creator' } as const
      return platformSays(roomId, ++done, { type: 'deliverable.reminded', deal })
    },
  }
  const withdraw = (who: TestPerson, offer: number) => withdrawOffer(h.as(who), { ...which(), offer, reason: 'A slip' })
  return { roomId, owner: await h.client(owner), viewer, acts }
}
type Slow = 'campaign.notOpened' | 'application.reminded' | 'offer.reminded' | 'deliverable.reminded'
type SlowFact = { [E in Slow]: { type: E; deal: Part<E, 'deal'> } }[Slow]
/** Days would have to pass before it came about by itself. */
const platformSays = (roomId: RoomId, n: number, fact: SlowFact) =>
  h.db.orm.em.fork().transactional(async (em) => {
    const by = { streamId: roomId, actor: SYSTEM, commandId: platformId(roomId, n), accessVersion: null } as const
    await h.db.log.append(em, [{ ...by, ...fact, personal: null }])
  })
const payments: Terms['payments'] = [{ amount: terms.fee.amount, due: 'onAgreement' }]
const stageFor = (type: EventName) => {
  if (/^(campaign|room\.roleChanged)/.test(type)) return campaignStage()
  if (/^(offer|deliverable|milestone)\./.test(type)) return dealStage()
  return type.startsWith('application.') ? applicationStage() : talkStage()
}

const types = (Object.keys(events) as EventName[]).filter((type) => !isElsewhere(type))
const shown = ({ changedAt: _, members, ...room }: RoomState) => ({ ...room, members: Object.entries(members).sort() })

test.each(types)(
  'P4: a snapshot of the hub, taken at any moment before or after %s, with the events since is the fresh one',
  async (type) => {
    const { roomId, owner, viewer, acts } = await stageFor(type)
    const reader = await h.client(viewer)
    const snapshots: Snapshot[] = []
    const take = async () => snapshots.push((await reader.do('room.join', { roomId })).snapshot!)
    const act = acts[type]
    expect(act, `nothing here brings ${type} about`).toBeDefined()

    await take()
    for (const again of [1, 2]) {
      await owner.do('chat.send', { commandId: commandId(), roomId, text: `round ${again}` })
      await take()
      await act!().catch((error: { code?: string }) => {
        if (error.code !== 'member.exists') throw error
      })
      await take()
    }
    const { events: log } = await reader.do('room.sync', { roomId, after: 0 })
    expect(log.map((event) => event.type)).toContain(type)
    const fresh = shown(fromSnapshot(snapshots.at(-1)!))
    expect(shown(log.reduce(reduce, emptyRoom))).toEqual(fresh)
    for (const snapshot of snapshots) {
      const since = log.filter((event) => event.seq > snapshot.asOf)
      expect(shown(since.reduce(reduce, fromSnapshot(snapshot)))).toEqual(fresh)
      expect(shown(log.reduce(reduce, fromSnapshot(snapshot)))).toEqual(fresh) // events that it had already change nothing
    }
  },
)
