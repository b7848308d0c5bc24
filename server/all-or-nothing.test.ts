import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { CommandId, RoomId } from '../client-sdk/contract/index.ts'
import { child, killChildren } from '../persistence/testing/child.ts'
import { verifyStream } from '../persistence/verify.ts'
import { sendMessage } from './chat/send-message.ts'
import type { Ctx } from './ctx.ts'
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

type Command = { by: TestPerson; input: { commandId: CommandId } }
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
]

/** Each finds a state without its event, or an event without its state, anywhere in the database. */
const contradictions = {
  'a member whom no event added, or one added who is no member': `
    select m.room_id, m.actor_key from member m where m.since > 0 and not exists (
      select from event e where e.stream_id = m.room_id and e.seq = m.since and e.type = 'room.memberAdded' and e.deal::json ->> 'member' = m.actor_key::text)
    union all
    select e.stream_id, e.actor_key from event e where e.type = 'room.memberAdded' and not exists (
      select from member m where m.room_id = e.stream_id and m.actor_key::text = e.deal::json ->> 'member' and m.since >= e.seq)`,
  'somebody removed in one of the two only': `
    select m.room_id from member m where (m.removed_at is not null) <> exists (
      select from event e where e.stream_id = m.room_id and e.type = 'room.memberRemoved' and e.deal::json ->> 'member' = m.actor_key::text)`,
  'words gone without an erasure, or an erasure with words left': `
    select e.stream_id, e.seq from event e where (e.erased is not null) <> exists (
      select from event x where x.stream_id = e.stream_id and x.type = 'log.erased' and x.deal::jsonb -> 'seqs' @> to_jsonb(e.seq))`,
  'a message whose rev is not its last change': `
    select m.room_id, m.seq from message m where m.rev <> coalesce(
      (select max(x.seq) from event x where x.stream_id = m.room_id and x.type = 'log.erased' and x.deal::jsonb -> 'seqs' @> to_jsonb(m.seq)), m.seq)`,
  'a command without an effect, or without an answer': `
    select c.id from command c where c.result = 'null' or not exists (select from event e where e.command_id = c.id)`,
  'an effect without its command': `
    select e.stream_id, e.seq from event e where e.type <> 'chat.messageSent' and not exists (select from command c where c.id = e.command_id)`,
  'a room without its stream, or a stream without its room': `
    select id from room full join (select id from stream where kind = 'room') s using (id) where room.id is null or s.id is null`,
}
const ALL = Object.entries(contradictions).map(([name, sql]) => `select '${name}' as name where exists (${sql})`)
const found = async () => (await superuser.query<{ name: string }>(ALL.join(' union all '))).rows.map((row) => row.name)
const eventsOf = async (command: CommandId): Promise<{ type: string; room: RoomId }[]> =>
  (await superuser.query('select type, stream_id as room from event where command_id = $1 order by n', [command])).rows

const run = ({ by, input }: Command, useCase: Killed['useCase'], killedBefore: number) => {
  const session = { sessionId: w.as(by).session!.sessionId, userId: by.userId, role: by.role }
  return child<unknown>(new URL('./testing-killed.ts', import.meta.url), {
    url: w.url,
    session,
    useCase,
    input,
    killedBefore,
  } satisfies Killed)
}

test.each(cases)(
  'P5: $useCase, killed before each of its statements, leaves all or nothing, and is finished by its repeat',
  async ({ useCase, events, make }) => {
    const again = (command: Command): Promise<unknown> =>
      (useCases[useCase] as (ctx: Ctx, input: unknown) => Promise<unknown>)(w.as(command.by), command.input)
    const seen = new Set<number>()
    /** True where the process lived to answer: there is no such statement. */
    const kill = async (killedBefore: number): Promise<boolean> => {
      const command = await make()
      const process_ = run(command, useCase, killedBefore)
      const ended = await process_.ended
      expect([0, 'SIGKILL']).toContain(ended)
      const done = await eventsOf(command.input.commandId)
      seen.add(done.length)
      if (done.length > 0) expect(done.map((e) => e.type)).toEqual(events)
      expect(await found()).toEqual([])

      const answer = await again(command)
      if (ended === 0) expect(process_.lines).toEqual([answer])
      expect(await again(command)).toEqual(answer)
      const finished = await eventsOf(command.input.commandId)
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
