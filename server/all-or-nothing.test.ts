import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type CommandId, type RoomId, SYSTEM } from '../client-sdk/contract/index.ts'
import { child, killChildren } from '../persistence/testing/child.ts'
import { verifyStream } from '../persistence/verify.ts'
import { apply, type Opening, openCampaign, submission, terms } from './applications/testing.ts'
import { applicationContradictions } from './applications/testing-contradictions.ts'
import { bringIn, makeBrand } from './brands/testing.ts'
import { createCampaign } from './campaigns/create-campaign.ts'
import { editMessage } from './chat/edit-message.ts'
import { pinMessage } from './chat/pin-message.ts'
import { react } from './chat/react.ts'
import { sendMessage } from './chat/send-message.ts'
import type { Ctx } from './ctx.ts'
import { agreed, propose, provedBy, someTerms } from './deals/testing.ts'
import { dealContradictions } from './deals/testing-contradictions.ts'
import { cancel, handIn, pay, submit } from './deals/testing-work.ts'
import { marketContradictions } from './market/testing-contradictions.ts'
import { ownId } from './once.ts'
import { commandId, type TestPerson, type World, world } from './testing.ts'
import { type Killed, useCases } from './testing-killed.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterEach(killChildren)
afterAll(async () => {
  await superuser.end()
  await w.close()
})

/** `ctx`: where it takes a session that is one. */
type Command = { by: TestPerson; ctx?: Ctx; input: { commandId: CommandId } }
/** Each makes a world of its own for one run of a use case, and says what events the whole of it is. */
const cases: { useCase: Killed['useCase']; events: string[]; make(): Promise<Command> }[] = [
  {
    useCase: 'createRoom',
    events: ['room.created', 'room.memberAdded', 'room.memberAdded'],
    async make() {
      const [owner, creator] = [await w.person('brand'), await w.person('creator')]
      const members = [
        { userId: owner.userId, role: 'owner' },
        { userId: creator.userId, role: 'creator' },
      ]
      return { by: owner, input: { commandId: commandId(), kind: 'application', title: 'A deal', members } }
    },
  },
  {
    useCase: 'addMember',
    events: ['room.memberAdded'],
    async make() {
      const { roomId, owner } = await w.negotiation()
      const { userId } = await w.person('brand')
      return { by: owner, input: { commandId: commandId(), roomId, userId, role: 'viewer' } }
    },
  },
  {
    useCase: 'removeMember',
    events: ['room.memberRemoved'],
    async make() {
      const { roomId, owner, creator } = await w.negotiation()
      return { by: owner, input: { commandId: commandId(), roomId, userId: creator.userId } }
    },
  },
  {
    useCase: 'eraseMessages',
    events: ['log.erased'],
    async make() {
      const { roomId, owner, creator } = await w.negotiation()
      const sent = await Promise.all(['one', 'two'].map((text) => sendMessage(w.as(creator), { commandId: commandId(), roomId, text })))
      return { by: owner, input: { commandId: commandId(), roomId, seqs: sent.map((s) => s.seq), reason: 'moderation' } }
    },
  },
  {
    useCase: 'configureRoom',
    events: ['room.settingsChanged'],
    async make() {
      const { roomId, owner } = await w.negotiation()
      return { by: owner, input: { commandId: commandId(), roomId, slowMode: 30, announcementsOnly: true } }
    },
  },
  {
    useCase: 'editMessage',
    events: ['chat.messageEdited'],
    make: () => aboutOneMessage(({ mention }) => ({ text: `<@${mention}> no slip` })),
  },
  { useCase: 'deleteMessage', events: ['chat.messageDeleted'], make: () => aboutOneMessage(() => ({})) },
  { useCase: 'react', events: ['chat.reacted'], make: () => aboutOneMessage(() => ({ emoji: '👍' })) },
  { useCase: 'pinMessage', events: ['chat.messagePinned'], make: () => aboutOneMessage(() => ({})) },
  {
    useCase: 'submitApplication',
    events: ['room.created', 'application.submitted', 'offer.proposed', 'room.memberAdded', 'room.memberAdded'],
    async make() {
      const { campaignId } = await smallCampaign()
      return { by: await w.person(), input: submission(campaignId, { terms }) }
    },
  },
  {
    useCase: 'createCampaign',
    events: ['room.created', 'campaign.created', 'room.memberAdded'],
    async make() {
      const { brandId, owner } = await smallCampaign()
      return { by: owner, input: { commandId: commandId(), brandId, title: 'Winter', platforms: ['instagram'] } }
    },
  },
  {
    useCase: 'moveCampaign',
    events: ['campaign.statusChanged'],
    async make() {
      const { brandId, owner } = await smallCampaign()
      const { campaignId } = await openCampaign(w, { team: { brandId, owner, manager: owner, viewer: owner } })
      return { by: owner, input: { commandId: commandId(), campaignId, version: 2, move: 'pause' } }
    },
  },
  {
    useCase: 'setTeamRole',
    events: ['brand.roleChanged', 'room.roleChanged', 'room.roleChanged'],
    async make() {
      const { owner, ...its } = await teamWithRooms()
      return { by: owner, input: { commandId: commandId(), ...its, role: 'manager' } }
    },
  },
  {
    useCase: 'removeFromTeam',
    events: ['brand.memberRemoved', 'room.memberRemoved', 'room.memberRemoved'],
    async make() {
      const { owner, ...its } = await teamWithRooms()
      return { by: owner, input: { commandId: commandId(), ...its } }
    },
  },
  {
    useCase: 'moveApplication',
    events: ['application.statusChanged'],
    async make() {
      const { campaignId } = await smallCampaign()
      const creator = await w.person()
      const { applicationId } = await apply(w, creator, campaignId)
      return { by: creator, input: { commandId: commandId(), applicationId, version: 1, move: 'withdraw', reason: 'Too far' } }
    },
  },
  {
    useCase: 'openNotes',
    events: ['room.created', 'room.memberAdded'],
    async make() {
      const { campaignId, owner } = await smallCampaign()
      const { applicationId } = await apply(w, await w.person(), campaignId)
      return { by: owner, input: { commandId: commandId(), applicationId } }
    },
  },
  {
    useCase: 'proposeOffer',
    events: ['offer.proposed', 'application.statusChanged'],
    async make() {
      const { campaignId, owner } = await smallCampaign()
      const { applicationId } = await apply(w, await w.person(), campaignId)
      const validUntil = new Date(Date.now() + 3_600_000).toISOString()
      return { by: owner, input: { commandId: commandId(), applicationId, terms: someTerms(), validUntil, basedOn: null } }
    },
  },
  {
    useCase: 'acceptOffer',
    events: ['offer.accepted', 'application.statusChanged'],
    async make() {
      const { campaignId, owner } = await smallCampaign()
      const creator = await w.person()
      const its = await apply(w, creator, campaignId)
      const { applicationId, offer, hash } = await propose(w, owner, its, { validUntil: new Date(Date.now() + 3_600_000).toISOString() })
      return { by: creator, ctx: await provedBy(w, creator), input: { commandId: commandId(), applicationId, offer, hash } }
    },
  },
  {
    useCase: 'acceptAmendment',
    events: ['offer.accepted'],
    async make() {
      const its = await agreed(w)
      const { owner } = its.campaign
      const { applicationId, offer, hash } = await propose(w, its.creator, its, { basedOn: 1 })
      return { by: owner, ctx: await provedBy(w, owner), input: { commandId: commandId(), applicationId, offer, hash } }
    },
  },
  {
    useCase: 'submitDeliverable',
    events: ['deliverable.statusChanged', 'application.statusChanged'],
    async make() {
      const { creator, applicationId } = await agreed(w)
      return { by: creator, input: { commandId: commandId(), applicationId, deliverable: 1, links: ['https://example.com/reel'] } }
    },
  },
  {
    useCase: 'reviewDeliverable',
    events: ['deliverable.statusChanged', 'application.statusChanged'],
    async make() {
      const its = await agreed(w)
      await handIn(w, its, 1)
      const { seq: submitted } = await submit(w, its, 2)
      const { applicationId, campaign } = its
      return { by: campaign.owner, input: { commandId: commandId(), applicationId, deliverable: 2, submitted, move: 'approve' } }
    },
  },
  {
    useCase: 'moveMilestone',
    events: ['milestone.statusChanged'],
    async make() {
      const its = await agreed(w, someTerms({ payments: [{ amount: 90_000, due: 'onAgreement' }] }))
      for (const move of ['invoice', 'pay'] as const) await pay(w, its, 1, move)
      return { by: its.creator, input: { commandId: commandId(), applicationId: its.applicationId, milestone: 1, move: 'dispute' } }
    },
  },
  {
    useCase: 'cancelAgreed',
    events: ['application.statusChanged'],
    async make() {
      const its = await agreed(w)
      const { version } = await cancel(w, its.creator, its, 'cancel.request')
      const { applicationId, campaign } = its
      return { by: campaign.owner, input: { commandId: commandId(), applicationId, version, move: 'cancel.confirm', reason: 'So be it' } }
    },
  },
  {
    useCase: 'resolveDispute',
    events: ['deliverable.statusChanged', 'application.statusChanged'],
    async make() {
      const its = await agreed(w, someTerms({ revisionRounds: 0 }))
      await handIn(w, its, 1)
      await handIn(w, its, 2, 'dispute')
      const decision = { what: 'deliverable', number: 2, move: 'cancel', reason: 'It is not what was agreed' }
      return { by: await w.person('admin'), input: { commandId: commandId(), applicationId: its.applicationId, ...decision } }
    },
  },
]

/** A brand of its own, with somebody besides its owner and two rooms that follow the two. */
async function teamWithRooms() {
  const owner = await w.person('brand')
  const brandId = await makeBrand(w, owner)
  const { userId } = await bringIn(w, { brandId, owner }, await w.person('brand'))
  for (const title of ['One', 'Two']) await createCampaign(w.as(owner), { commandId: commandId(), brandId, title })
  return { brandId, owner, userId }
}

/** Of a team of one; made once, since every application is a new one. */
const smallCampaign = async (): Promise<Opening> => {
  campaign ??= w.person('brand').then(async (owner) => {
    const team = { brandId: await makeBrand(w, owner), owner, manager: owner, viewer: owner }
    return openCampaign(w, { team })
  })
  return campaign
}
let campaign: Promise<Opening> | undefined

/** A message of the creator's that was edited, answered, reacted to and, but for a pin's own case, pinned. */
async function aboutOneMessage(more: (room: { mention: string }) => object): Promise<Command> {
  const { roomId, owner, creator } = await w.negotiation()
  const mention = await w.keyOf(roomId, owner)
  const { seq: message } = await sendMessage(w.as(creator), { commandId: commandId(), roomId, text: `<@${mention}> a slip` })
  await sendMessage(w.as(owner), { commandId: commandId(), roomId, text: 'well', replyTo: message })
  const about = () => ({ commandId: commandId(), roomId, message })
  await react(w.as(owner), { ...about(), emoji: '🎉' })
  await editMessage(w.as(creator), { ...about(), text: 'another slip' })
  const other = await sendMessage(w.as(owner), { commandId: commandId(), roomId, text: 'pin this' })
  await pinMessage(w.as(owner), { ...about(), message: other.seq })
  return { by: creator, input: { ...about(), ...more({ mention }) } }
}

/** Each finds a state without its event, or an event without its state, anywhere in the database. */
const contradictions = {
  'a member whom no event added, or one added who is no member': `
    select m.room_id, m.actor_key from member m where m.since > 0 and not exists (
      select from event e where e.stream_id = m.room_id and e.seq = m.since and e.type = 'room.memberAdded' and e.deal::json ->> 'member' = m.actor_key::text)
    union all
    select e.stream_id, e.actor_key from event e where e.type = 'room.memberAdded' and not exists (
      select from member m where m.room_id = e.stream_id and m.actor_key::text = e.deal::json ->> 'member' and m.since >= e.seq)`,
  'somebody removed in one of the two only': `
    select m.room_id from member m where (m.since > 0 or m.role <> 'creator') and (m.removed_at is not null) <> exists (
      select from event e where e.stream_id = m.room_id and e.type = 'room.memberRemoved' and e.deal::json ->> 'member' = m.actor_key::text)`,
  'words gone without an erasure, or an erasure with words left': `
    select e.stream_id, e.seq from event e where (e.erased is not null) <> exists (
      select from event x where x.stream_id = e.stream_id and x.type = 'log.erased' and x.deal::jsonb -> 'seqs' @> to_jsonb(e.seq))`,
  'a message whose rev is not its last change': `
    select m.room_id, m.seq from message m where m.rev <> coalesce((select max(x.seq) from event x where x.stream_id = m.room_id and (
      x.type = 'log.erased' and x.deal::jsonb -> 'seqs' @> to_jsonb(m.seq)
      or x.type in ('chat.messageEdited', 'chat.messageDeleted', 'chat.reacted', 'chat.unreacted') and x.deal::json ->> 'message' = m.seq::text
      or x.type = 'chat.messageSent' and x.deal::json ->> 'thread' = m.seq::text)), m.seq)`,
  'a message that is not what its events say': `
    select m.room_id, m.seq from message m where
      m.deleted <> exists (select from event x where x.stream_id = m.room_id and x.type = 'chat.messageDeleted' and x.deal::json ->> 'message' = m.seq::text)
      or m.words is distinct from (select max(x.seq) from event x
        where x.stream_id = m.room_id and x.type = 'chat.messageEdited' and x.deal::json ->> 'message' = m.seq::text)
      or (m.words is null) <> (m.edited_at is null)
      or (select count(*) from edit d where d.room_id = m.room_id and d.message = m.seq) <> (select count(*) from event x
        where x.stream_id = m.room_id and x.type = 'chat.messageEdited' and x.deal::json ->> 'message' = m.seq::text)
      or m.replies <> (select count(*) from message r where r.room_id = m.room_id and r.thread = m.seq)
      or not m.deleted and coalesce((select sum(jsonb_array_length(r -> 'by')) from jsonb_array_elements(m.reactions::jsonb) r), 0) <> (
        select count(*) from event x where x.stream_id = m.room_id and x.type = 'chat.reacted' and x.deal::json ->> 'message' = m.seq::text)`,
  'a pin in one of the two only': `
    select p.room_id from pin p where not exists (
      select from event e where e.stream_id = p.room_id and e.seq = p.since and e.type = 'chat.messagePinned' and e.deal::json ->> 'message' = p.seq::text)
    union all
    select e.stream_id from event e where e.type = 'chat.messagePinned' and not exists (
      select from pin p where p.room_id = e.stream_id and p.since = e.seq) and not exists (
      select from event x where x.stream_id = e.stream_id and x.type = 'chat.messageDeleted' and x.deal::json ->> 'message' = e.deal::json ->> 'message')`,
  'a mention that no words make': `
    select t.room_id from mention t join message m on m.room_id = t.room_id and m.seq = t.seq
      join event e on e.stream_id = m.room_id and e.seq = coalesce(m.words, m.seq)
     where m.deleted or position('<@' in coalesce(e.personal, '')) = 0`,
  'settings that no event made': `
    select r.id from room r where (r.slow_mode > 0 or r.announcements_only) <> exists (
      select from event e where e.stream_id = r.id and e.type = 'room.settingsChanged')`,
  'a room whose members are counted wrong': `
    select r.id from room r where (r.members, r.told_members) <> (
      select count(*), count(*) filter (where m.since > 0) from member m where m.room_id = r.id and m.removed_at is null)`,
  'a command without an effect, or without an answer': `
    select c.id from command c where c.result = 'null'
      or c.name <> 'deal.resolve' and not exists (select from event e where e.command_id = c.id)`, // what an administrator decides the platform tells
  'an effect without its command': `
    select e.stream_id, e.seq from event e join room r on r.id = e.stream_id
     where e.type <> 'chat.messageSent' and not exists (select from command c where c.id = e.command_id)
       and not (e.actor_key = '${SYSTEM}' and e.type in ('deliverable.statusChanged', 'milestone.statusChanged', 'application.statusChanged'))`,
  'a room without its stream, or a stream without its room': `
    select id from room full join (select id from stream where kind = 'room') s using (id) where room.id is null or s.id is null`,
}
const ALL = Object.entries({ ...contradictions, ...marketContradictions, ...applicationContradictions, ...dealContradictions }).map(
  ([name, sql]) => `select '${name}' as name where exists (${sql})`,
)
const found = async () => (await superuser.query<{ name: string }>(ALL.join(' union all '))).rows.map((row) => row.name)
/** Of a command, with what the platform told in its room because of it. */
const eventsOf = async ({ by, input: { commandId } }: Command): Promise<{ type: string; room: RoomId }[]> =>
  (
    await superuser.query(
      `select type, stream_id as room from event where command_id = $1 or command_id = $2 and stream_id in (select id from room)
        order by command_id <> $1, n`,
      [commandId, ownId(w.as(by), commandId)],
    )
  ).rows

const run = ({ by, ctx = w.as(by), input }: Command, useCase: Killed['useCase'], killedBefore: number) => {
  const session = { sessionId: ctx.session!.sessionId, userId: by.userId, role: by.role }
  return child<unknown>(new URL('./testing-killed.ts', import.meta.url), {
    url: w.url,
    session,
    useCase,
    input,
    killedBefore,
  } satisfies Killed)
}

/** Each statement is a process of its own. */
const PATIENCE = { timeout: 120_000 }

test.each(cases)(
  'P5: $useCase, killed before each of its statements, leaves all or nothing, and is finished by its repeat',
  PATIENCE,
  async ({ useCase, events, make }) => {
    const again = ({ by, ctx = w.as(by), input }: Command): Promise<unknown> =>
      (useCases[useCase] as (ctx: Ctx, input: unknown) => Promise<unknown>)(ctx, input)
    const seen = new Set<number>()
    /** True where the process lived to answer: there is no such statement. */
    const kill = async (killedBefore: number): Promise<boolean> => {
      const command = await make()
      const process_ = run(command, useCase, killedBefore)
      const ended = await process_.ended
      expect([0, 'SIGKILL']).toContain(ended)
      const done = await eventsOf(command)
      seen.add(done.length)
      if (done.length > 0) expect(done.map((e) => e.type)).toEqual(events)
      expect(await found()).toEqual([])

      const answer = await again(command)
      if (ended === 0) expect(process_.lines).toEqual([answer])
      expect(await again(command)).toEqual(answer)
      const finished = await eventsOf(command)
      expect(finished.map((e) => e.type)).toEqual(events)
      expect(await found()).toEqual([])
      expect(await verifyStream(w.db, finished[0]!.room)).toMatchObject({ ok: true })
      return ended === 0
    }
    let lived = false
    let next = 1
    const lane = async () => {
      while (!lived) lived = (await kill(next++)) || lived
    }
    await Promise.all([lane(), lane(), lane()])
    expect(next).toBeGreaterThan(8) // BEGIN, the row locks, the state, the log, the answer, COMMIT
    expect(seen).toEqual(new Set([0, events.length])) // before COMMIT, and between it and the answer
  },
)

test(
  'several moves in one, killed before each of its statements, are each done or not, and its repeat does the rest',
  PATIENCE,
  async () => {
    let lived = false
    let next = 1
    const seen = new Set<number>()
    const kill = async (killedBefore: number): Promise<boolean> => {
      const { campaignId, owner } = await smallCampaign()
      const places = [await apply(w, await w.person(), campaignId), await apply(w, await w.person(), campaignId)]
      const applications = places.map(({ applicationId }) => ({ applicationId, version: 1 }))
      const command = { by: owner, input: { commandId: commandId(), campaignId, move: 'decline', applications } }
      const ended = await run(command, 'moveApplications', killedBefore).ended
      const ids = places.map(({ applicationId }) => applicationId)
      const moved = async () =>
        (await superuser.query(`select from application where id = any($1) and state = 'declined' and version = 2`, [ids])).rowCount!
      seen.add(await moved())
      expect(await found()).toEqual([])
      const answer = await useCases.moveApplications(w.as(owner), command.input as never)
      expect(answer).toMatchObject({ moved: applications.map(({ applicationId }) => ({ applicationId, version: 2 })), refused: [] })
      expect(await moved()).toBe(2)
      expect(await found()).toEqual([])
      return ended === 0
    }
    const lane = async () => {
      while (!lived) lived = (await kill(next++)) || lived
    }
    await Promise.all([lane(), lane(), lane()])
    expect(seen).toEqual(new Set([0, 1, 2]))
  },
)
