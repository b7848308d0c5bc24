import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApplicationMove, ApplicationState } from './applications/machine.ts'
import type { CampaignMove, CampaignState } from './campaigns/machine.ts'
import { changesOlder } from './chat/reduce.ts'
import type { Message, Reaction } from './chat/schema.ts'
import { type Envelope, type EventName, events } from './events.ts'
import {
  type ActorKey,
  type ApplicationId,
  type BrandId,
  type CampaignId,
  type EventId,
  newId,
  type RoomId,
  type SessionId,
} from './ids.ts'
import { addPage, emptyRoom, fromSnapshot, type RoomState, reduce, reduceAll } from './reduce.ts'
import type { Role } from './roles.ts'
import type { Snapshot, Subject } from './rooms/schema.ts'

/** These lie on the streams of people, of brands and of the platform: no room ever sees one. */
const elsewhere = (Object.keys(events) as EventName[]).filter((type) =>
  /^(session|membership|person|profile|brand|catalogue|workflow|mail)\./.test(type),
)

const roomId = '018f0000-0000-7000-8000-00000000000a' as RoomId
const [nora, aiko, tomas] = [
  '018f0000-0000-7000-8000-00000000000b',
  '018f0000-0000-7000-8000-00000000000c',
  '018f0000-0000-7000-8000-00000000000d',
].map((key) => key as ActorKey) as [ActorKey, ActorKey, ActorKey]

type Fact = { [E in EventName]: Pick<Envelope<E>, 'type' | 'data'> & { actor?: ActorKey } }[EventName]
const envelope = (fact: Fact, i: number): Envelope =>
  ({
    ...fact,
    roomId,
    seq: i + 1,
    id: `018f0000-0000-5000-8000-${String(i + 1).padStart(12, '0')}` as EventId,
    version: events[fact.type].version,
    actor: fact.actor ?? nora,
    at: new Date(Date.UTC(2026, 10, 21) + i).toISOString(),
  }) as Envelope
const created: Fact = { type: 'room.created', data: { deal: { kind: 'application' }, personal: { title: 'A deal' } } }
const added = (member: ActorKey, role: 'owner' | 'creator', name: string): Fact => ({
  type: 'room.memberAdded',
  data: { deal: { member, role }, personal: { name } },
})
const removed = (member: ActorKey): Fact => ({ type: 'room.memberRemoved', data: { deal: { member, role: 'creator' }, personal: null } })
const says = (actor: ActorKey, text: string): Fact => ({ type: 'chat.messageSent', actor, data: { deal: null, personal: { text } } })
const answers = (replyTo: number, thread = replyTo): Fact => ({
  type: 'chat.messageSent',
  actor: aiko,
  data: { deal: { replyTo, thread }, personal: { text: `about ${replyTo}` } },
})
const edits = (message: number, text: string): Fact => ({ type: 'chat.messageEdited', data: { deal: { message }, personal: { text } } })
const deletes = (message: number): Fact => ({ type: 'chat.messageDeleted', data: { deal: { message }, personal: null } })
const reacts = (actor: ActorKey, message: number, emoji: string): Fact => ({
  type: 'chat.reacted',
  actor,
  data: { deal: { message, emoji }, personal: null },
})
const unreacts = (actor: ActorKey, message: number, emoji: string): Fact =>
  ({ ...reacts(actor, message, emoji), type: 'chat.unreacted' }) as Fact
const pins = (message: number): Fact => ({ type: 'chat.messagePinned', data: { deal: { message }, personal: null } })
const unpins = (message: number): Fact => ({ type: 'chat.messageUnpinned', data: { deal: { message }, personal: null } })
const sets = (slowMode: number, announcementsOnly: boolean): Fact => ({
  type: 'room.settingsChanged',
  data: { deal: { slowMode, announcementsOnly }, personal: null },
})
const erases = (...seqs: number[]): Fact => ({ type: 'log.erased', data: { deal: { seqs, reason: 'personRequest' }, personal: null } })

const applies: Fact = {
  actor: aiko,
  type: 'application.submitted',
  data: {
    deal: { applicationId: newId<ApplicationId>(), campaignId: newId<CampaignId>() },
    personal: { cover: 'I would love to', answers: [] },
  },
}
const moves = (
  move: ApplicationMove,
  from: ApplicationState,
  to: ApplicationState,
  version: number,
  reason: string | null = null,
): Fact => ({
  type: 'application.statusChanged',
  data: { deal: { move, from, to, version }, personal: { reason } },
})
const proposes: Fact = {
  actor: aiko,
  type: 'offer.proposed',
  data: {
    deal: {
      offer: 1,
      by: 'creator',
      basedOn: null,
      validUntil: null,
      hash: '0'.repeat(64),
      terms: {
        fee: { amount: 120_000, currency: 'EUR' },
        deliverables: [{ platform: 'instagram', format: 'Reel', count: 2, due: null }],
        usage: { channels: ['Instagram'], territories: ['001'], months: 12 },
        exclusivity: null,
        revisionRounds: 1,
        payments: [{ amount: 120_000, due: 'onApproval' }],
        clauses: [],
        nonce: '0'.repeat(32),
      },
    },
    personal: null,
  },
}
/** What is said of a deal changes nothing of its room: `reduceDeal` folds it. */
const comments: Fact = {
  type: 'offer.commented',
  data: { deal: { offer: 1, term: 'fee', item: null }, personal: { text: 'my rent is 900' } },
}
const accepts: Fact = {
  type: 'offer.accepted',
  data: {
    deal: {
      offer: 1,
      by: 'brand',
      hash: '0'.repeat(64),
      attestation: {
        kind: 'hub',
        session: newId<SessionId>(),
        method: 'password',
        provedAt: '2026-11-21T00:00:00.000Z',
        at: '2026-11-21T00:00:01.000Z',
        keyId: 'a key',
        signature: 'a signature',
      },
    },
    personal: null,
  },
}
const closes = (type: 'offer.declined' | 'offer.withdrawn', reason: string): Fact => ({
  type,
  data: { deal: { offer: 1, by: 'brand' }, personal: { reason } },
})
const expires: Fact = { type: 'offer.expired', data: { deal: { offer: 1 }, personal: null } }
const delivers: Fact = {
  actor: aiko,
  type: 'deliverable.statusChanged',
  data: {
    deal: { deliverable: 1, move: 'submit', from: 'due', to: 'submitted', as: 'creator' },
    personal: { links: ['https://example.com/rent'], note: 'my rent' },
  },
}
const invoices: Fact = {
  actor: aiko,
  type: 'milestone.statusChanged',
  data: { deal: { milestone: 1, move: 'invoice', from: 'due', to: 'invoiced', as: 'creator' }, personal: { note: 'for my rent' } },
}
const lacks: Fact = { type: 'campaign.notOpened', data: { deal: { missing: ['brief'] }, personal: null } }
/** Of what somebody was reminded: nothing comes of it. */
const reminds: readonly Fact[] = [
  { type: 'application.reminded', data: { deal: { kind: 'waiting', to: 'brand' }, personal: null } },
  { type: 'offer.reminded', data: { deal: { offer: 1, kind: 'expiring', to: 'creator' }, personal: null } },
  {
    type: 'deliverable.reminded',
    data: { deal: { deliverable: 1, kind: 'overdue', due: '2026-11-21', to: 'creator' }, personal: null },
  },
]
/** No room has both; the reducer takes what it is told last. */
const drafts: Fact = {
  type: 'campaign.created',
  data: { deal: { campaignId: newId<CampaignId>(), brandId: newId<BrandId>() }, personal: null },
}
const changes = (version: number): Fact => ({
  type: 'campaign.changed',
  data: { deal: { version, fields: ['title'] }, personal: null },
})
const turns = (move: CampaignMove, from: CampaignState, to: CampaignState, version: number, reason: string | null = null): Fact => ({
  type: 'campaign.statusChanged',
  data: { deal: { move, from, to, version }, personal: { reason } },
})
const becomes = (member: ActorKey, role: Role): Fact => ({ type: 'room.roleChanged', data: { deal: { member, role }, personal: null } })

/** Every event a room can have, with an erasure of each that can be erased: a title, a name, messages, one of them twice named. */
const conversation: readonly Envelope[] = [
  created,
  added(nora, 'owner', 'Nora'),
  added(aiko, 'creator', 'Aiko'),
  says(aiko, 'hello'),
  says(nora, 'my telephone is 555-0199'),
  added(tomas, 'creator', 'Tomás'),
  erases(5),
  says(tomas, 'this goes'),
  says(tomas, 'and this'),
  removed(tomas),
  erases(8, 9, 5),
  removed(aiko),
  added(aiko, 'creator', 'Aiko T.'),
  erases(13, 1),
  says(aiko, 'still here'), // 15
  answers(4),
  answers(16, 4),
  edits(4, 'hello, all of you'),
  reacts(nora, 4, '👍'),
  reacts(aiko, 4, '👍'),
  reacts(aiko, 4, '🎉'), // 21
  unreacts(nora, 4, '👍'),
  pins(4),
  pins(15),
  unpins(4),
  pins(4), // 26
  sets(30, false),
  sets(30, true),
  says(nora, 'a slip of the tongue'), // 29
  edits(29, 'another slip'),
  reacts(aiko, 29, '😬'),
  pins(29),
  deletes(29), // 33
  edits(15, 'my address is 12 Elm Street'),
  edits(15, 'my address is 14 Elm Street'), // 35
  erases(15, 34, 35),
  answers(29),
  applies,
  moves('shortlist', 'submitted', 'shortlisted', 2),
  erases(38),
  becomes(aiko, 'viewer'),
  proposes,
  moves('withdraw', 'shortlisted', 'withdrawn', 3, 'my secret'), // 43
  erases(43),
  becomes(tomas, 'owner'), // who is no member
  drafts,
  changes(2),
  turns('publish', 'draft', 'open', 3, 'what went before'), // 48
  changes(4),
  turns('cancel', 'open', 'cancelled', 5, 'no budget'),
  erases(48), // which was not the last
  comments, // 52
  accepts,
  closes('offer.declined', 'my rent'),
  closes('offer.withdrawn', 'her rent'),
  expires,
  delivers, // 57
  invoices,
  ...reminds, // 59, 60, 61
  lacks,
  erases(52, 54, 55, 57, 58),
  says(nora, 'the end'),
].map(envelope)
const lastChange = 63 // an erasure

/** The log as it reads once the first `head` events are in it: what has been erased by then is gone. */
function logAt(head: number): Envelope[] {
  const gone = new Set(conversation.slice(0, head).flatMap((e) => (e.type === 'log.erased' ? e.data.deal.seqs : [])))
  const takenBack = conversation.slice(0, head).flatMap((e) => (e.type === 'chat.messageDeleted' ? [e.data.deal.message] : []))
  for (const e of conversation) {
    if (takenBack.includes(e.type === 'chat.messageEdited' ? e.data.deal.message : e.seq)) gone.add(e.seq)
  }
  return conversation.slice(0, head).map((e) => (gone.has(e.seq) ? ({ ...e, data: { ...e.data, personal: null } } as Envelope) : e))
}

/** What the server answers with when a room is at this seq, made without `reduce`: from the log as it then reads. */
function snapshotAt(head: number, newest = Number.POSITIVE_INFINITY): Snapshot {
  const log = logAt(head)
  const last = <T>(items: T[]): T | undefined => items.at(-1)
  const messages = log.filter((e) => e.type === 'chat.messageSent').map((e) => messageIn(log, e))
  const members = [nora, aiko, tomas].flatMap((key) => {
    const step = last(log.filter((e) => (e.type === 'room.memberAdded' || e.type === 'room.memberRemoved') && e.data.deal.member === key))
    if (step?.type !== 'room.memberAdded') return []
    const since = log.slice(step.seq)
    const change = since.findLast((e): e is Envelope<'room.roleChanged'> => e.type === 'room.roleChanged' && e.data.deal.member === key)
    return [{ key, role: (change ?? step).data.deal.role, since: step.seq, name: step.data.personal?.name ?? null }]
  })
  const [first] = log
  const title = first?.type === 'room.created' ? (first.data.personal?.title ?? null) : null
  const settings = last(log.filter((e) => e.type === 'room.settingsChanged'))?.data.deal ?? { slowMode: 0, announcementsOnly: false }
  return {
    asOf: head,
    title,
    members,
    settings,
    subject: subjectIn(log),
    pins: pinsIn(log),
    messages: messages.slice(Math.max(0, messages.length - newest)),
    more: messages.length > newest,
  }
}

/** What the room is about at the end of this log. */
function subjectIn(log: readonly Envelope[]): Subject | null {
  const begun = log.findLast((e) => e.type === 'application.submitted' || e.type === 'campaign.created')
  if (!begun) return null
  const since = log.slice(begun.seq).filter((e) => /^(application\.statusChanged|campaign\.(changed|statusChanged))$/.test(e.type))
  const version = 1 + since.length
  const move = since.findLast((e) => e.type === 'application.statusChanged' || e.type === 'campaign.statusChanged')
  const [kind, id, first] =
    begun.type === 'campaign.created'
      ? (['campaign', begun.data.deal.campaignId, 'draft'] as const)
      : (['application', begun.data.deal.applicationId, 'submitted'] as const)
  const told = { moved: move?.seq ?? null, reason: move?.data.personal?.reason ?? null }
  return { kind, id, state: move?.data.deal.to ?? first, version, ...told } as Subject
}

/** A message at the end of this log, found by what was said of it. */
function messageIn(log: readonly Envelope[], { id, seq, actor: author, at, data }: Envelope<'chat.messageSent'>): Message {
  const about = log.filter((e) => 'deal' in e.data && (e.data.deal as { message?: number } | null)?.message === seq)
  const editions = about.filter((e) => e.type === 'chat.messageEdited')
  const erasures = log.filter((e) => e.type === 'log.erased' && e.data.deal.seqs.includes(seq))
  const thread = log.filter((e) => e.type === 'chat.messageSent' && e.data.deal?.thread === seq)
  const deleted = about.some((e) => e.type === 'chat.messageDeleted')
  const spoken = editions.length > 0 ? editions.at(-1)!.data.personal : data.personal
  const changes = [...about.filter((e) => e.type !== 'chat.messagePinned' && e.type !== 'chat.messageUnpinned'), ...erasures, ...thread]
  return {
    id,
    seq,
    rev: Math.max(seq, ...changes.map((e) => e.seq)),
    author,
    at,
    text: deleted || erasures.length > 0 ? null : (spoken?.text ?? null),
    editedAt: editions.at(-1)?.at ?? null,
    deleted,
    replyTo: data.deal?.replyTo ?? null,
    thread: data.deal?.thread ?? null,
    replies: thread.length,
    reactions: deleted ? [] : reactionsIn(about),
  }
}

function reactionsIn(about: readonly Envelope[]): Reaction[] {
  const by = new Map<string, ActorKey[]>()
  for (const { type, actor, data } of about) {
    if (type === 'chat.reacted') by.set(data.deal.emoji, [...(by.get(data.deal.emoji) ?? []), actor])
    if (type === 'chat.unreacted')
      by.set(
        data.deal.emoji,
        (by.get(data.deal.emoji) ?? []).filter((key) => key !== actor),
      )
  }
  return Array.from(by, ([emoji, keys]) => ({ emoji, by: keys })).filter((reaction) => reaction.by.length > 0)
}

function pinsIn(log: readonly Envelope[]): number[] {
  const pinned = new Set<number>()
  for (const { type, data } of log) {
    if (type === 'chat.messagePinned') pinned.add(data.deal.message)
    if (type === 'chat.messageUnpinned' || type === 'chat.messageDeleted') pinned.delete(data.deal.message)
  }
  return [...pinned]
}

const end = conversation.length
const replay = (room: RoomState, log: readonly Envelope[]) => log.reduce(reduce, room)
const fresh = fromSnapshot(snapshotAt(end))
/** All but `changedAt`, which the events say exactly and a snapshot cannot. */
const shown = ({ changedAt: _, ...room }: RoomState) => room
const places = conversation.map(({ seq, type }) => ({ seq, type }))

test('every event type is tried here, or belongs to streams that are no rooms', () => {
  const tried = new Set(conversation.map((e) => e.type))
  expect([...tried, ...elsewhere].sort()).toEqual(Object.keys(events).sort())
})

test('all events, from the first, make the fresh snapshot', () => {
  for (const log of [conversation, logAt(end)]) {
    const room = replay(emptyRoom, log)
    expect(shown(room)).toEqual(shown(fresh))
    expect(room.changedAt).toBe(lastChange)
  }
})

test.each(places)('P4: snapshot at $seq ($type) + events = fresh snapshot, wherever they overlap', ({ seq: asOf }) => {
  const snapshot = fromSnapshot(structuredClone(snapshotAt(asOf)))
  for (let from = 0; from <= asOf; from++) {
    for (let readAt = asOf; readAt <= end; readAt++) {
      // Part of the events were read when the log had `readAt` events, the rest came live.
      const events = [...logAt(readAt).slice(from), ...conversation.slice(readAt)]
      const room = replay(snapshot, events)
      expect(shown(room)).toEqual(shown(fresh))
      expect(room.changedAt).toBe(Math.max(asOf, lastChange))
      expect(reduceAll(snapshot, events)).toEqual(room)
    }
  }
})

test.each(places)(
  'P4: a snapshot at $seq of the newest messages only, with events, is the fresh one without the older',
  ({ seq: asOf }) => {
    for (const newest of [0, 1, 2]) {
      const snapshot = snapshotAt(asOf, newest)
      const older = new Set(
        snapshotAt(asOf)
          .messages.slice(0, Math.max(0, snapshotAt(asOf).messages.length - newest))
          .map((m) => m.id),
      )
      const rest = fresh.messages.filter((m) => !older.has(m.id))
      const room = replay(fromSnapshot(snapshot), conversation.slice(asOf))
      expect(room.messages).toEqual(rest)
      expect({ ...shown(room), messages: [], more: false }).toEqual({ ...shown(fresh), messages: [], more: false })
    }
  },
)

test.each(places)('$type at $seq, seen before, changes nothing', ({ seq }) => {
  expect(reduce(fresh, conversation[seq - 1]!)).toBe(fresh)
})

test('a message that was read after an event keeps what it has, though the event comes later', () => {
  for (const { seq } of places) {
    const ahead = { ...replay(emptyRoom, conversation.slice(0, seq - 1)), messages: fresh.messages }
    expect(reduce(ahead, conversation[seq - 1]!).messages).toEqual(fresh.messages)
  }
})

test('an erased message has no words left and says which event took them', () => {
  const erased = fresh.messages.filter((m) => m.text === null && !m.deleted)
  expect(erased.map(({ seq, rev }) => [seq, rev])).toEqual([
    [5, 11],
    [8, 11],
    [9, 11],
    [15, 36],
  ])
  expect(JSON.stringify(fresh)).not.toMatch(/555|goes|A deal|Aiko T|Elm|slip|secret|before|rent/)
  expect(fresh.subject).toMatchObject({ reason: 'no budget' })
})

test('what is said of a deal moves the room on, and is nowhere in it', () => {
  const before = replay(emptyRoom, conversation.slice(0, 51))
  for (const event of conversation.slice(51, 62)) {
    expect(reduce({ ...before, rev: event.seq - 1 }, event)).toEqual({ ...before, rev: event.seq })
  }
})

test('an event of a type that it does not know only moves it on', () => {
  const unknown = { ...conversation[3]!, type: 'offer.somethingNew', seq: end + 1 } as unknown as Envelope
  expect(reduce(fresh, unknown)).toEqual({ ...fresh, rev: end + 1 })
})

test('an older page joins what is there, unless it was read before a change of older messages that is applied already', () => {
  const room = replay(fromSnapshot(snapshotAt(8, 1)), conversation.slice(8))
  const page = { asOf: end, messages: snapshotAt(end).messages.slice(0, 2), more: false, newer: true }
  expect(shown(addPage(room, page)!)).toEqual(shown(fresh))
  expect(addPage(room, { ...page, asOf: lastChange })).toEqual(addPage(room, page))
  expect(addPage(room, { ...page, asOf: lastChange - 1 })).toBeNull()
  expect(addPage(fromSnapshot(snapshotAt(8, 1)), { ...page, asOf: 7 })).toBeNull()
  const stale = { ...page, asOf: end + 5, messages: snapshotAt(end).messages.map((m) => ({ ...m, text: 'other', rev: 99 })) }
  expect(addPage(fresh, stale)!.messages).toEqual(fresh.messages)
})

test('pages under live traffic: whenever read and whenever taken, one that is not refused makes the room whole', () => {
  const whole = Array.from({ length: end + 1 }, (_, seq) => ({
    messages: snapshotAt(seq).messages,
    room: shown(replay(emptyRoom, conversation.slice(0, seq))),
  }))
  for (const { seq: asOf } of places) {
    for (const newest of [0, 1, 2]) {
      const snapshot = snapshotAt(asOf, newest)
      const before = snapshot.messages[0]?.seq ?? asOf + 1
      for (let takenAt = asOf; takenAt <= end; takenAt++) {
        const room = replay(fromSnapshot(snapshot), conversation.slice(asOf, takenAt))
        for (let readAt = 1; readAt <= end; readAt++) {
          const page = { asOf: readAt, messages: whole[readAt]!.messages.filter((m) => m.seq < before), more: false, newer: true }
          const added = addPage(room, page)
          const changed = conversation.slice(readAt, takenAt).some(changesOlder)
          expect(added === null).toBe(readAt < asOf || changed)
          if ((takenAt + readAt + asOf) % 5 > 0) continue // there are 100,000 of them, and each costs a room
          // What was erased after `takenAt` may be gone from the page already, and is gone from the room once it is told.
          if (added) expect(shown(reduceAll(added, conversation.slice(takenAt)))).toEqual(shown(fresh))
          if (added && readAt <= takenAt) expect(shown(added)).toEqual(whole[takenAt]!.room)
        }
      }
    }
  }
})

test('only a type that is named so changes a message sent before it', () => {
  for (const event of conversation) {
    const before = replay(emptyRoom, conversation.slice(0, event.seq - 1))
    const after = reduce(before, event)
    const changed = before.messages.some((m, i) => after.messages[i] !== m)
    expect(changed && after.changedAt !== event.seq).toBe(false)
  }
})

// A batch is folded on one copy: nobody who holds the state from before may see it change.
test('folding at once is folding one by one, and leaves the state it began with alone', () => {
  const seq = fc.integer({ min: 1, max: 30 })
  const fact = fc.oneof(
    fc.tuple(fc.constantFrom(nora, aiko), fc.string()).map(([who, text]) => says(who, text)),
    fc.constantFrom(nora, aiko, tomas).map((who) => added(who, 'creator', 'Somebody')),
    fc.constantFrom(nora, aiko, tomas).map(removed),
    fc.array(seq, { minLength: 1, maxLength: 5 }).map((seqs) => erases(...seqs)),
    fc.tuple(seq, fc.string()).map(([message, text]) => edits(message, text)),
    fc.tuple(fc.constantFrom(nora, aiko), seq, fc.constantFrom('👍', '🎉')).map((of) => reacts(...of)),
    fc.tuple(fc.constantFrom(nora, aiko), seq, fc.constantFrom('👍', '🎉')).map((of) => unreacts(...of)),
    seq.chain((message) => fc.constantFrom(deletes(message), pins(message), unpins(message), answers(message))),
    fc.tuple(fc.nat(60), fc.boolean()).map((to) => sets(...to)),
    fc.tuple(fc.constantFrom(nora, aiko, tomas), fc.constantFrom<Role>('owner', 'viewer')).map((to) => becomes(...to)),
    fc.constantFrom(applies, proposes, accepts, comments, delivers, moves('shortlist', 'submitted', 'shortlisted', 2), drafts, changes(2)),
  )
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 30 }), fc.nat(30), (facts, cut) => {
      const log = [created, ...facts].map(envelope)
      const before = replay(emptyRoom, log.slice(0, cut))
      const copy = structuredClone(before)
      const whole = replay(emptyRoom, log)
      expect(reduceAll(before, log)).toEqual(whole)
      expect(before).toEqual(copy)
      const after = reduceAll(before, log)
      reduce(after, envelope(says(nora, 'one more'), log.length))
      expect(after).toEqual(whole)
    }),
  )
})
