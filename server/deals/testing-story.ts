import pg from 'pg'
import {
  type ActorKey,
  diffTerms,
  type Envelope,
  type Role,
  type RoomId,
  type StoryEntry,
  SYSTEM,
  type Terms,
} from '../../client-sdk/contract/index.ts'
import type { World } from '../testing.ts'

const OF_DEAL = /^(application|offer|deliverable|milestone)\.|^log\.erased$/

/** All of a room's log. */
export async function logOf(w: World, roomId: RoomId): Promise<Envelope[]> {
  const events: Envelope[] = []
  for (let after = 0; ; ) {
    const page = (await w.db.log.readAfter(roomId, after, 500)).events
    if (page.length === 0) return events
    events.push(...page)
    after = page.at(-1)!.seq
  }
}

/** What a room's story has to be, by its whole log: the slow way, which looks at each event. */
export function storyFrom(events: readonly Envelope[]): StoryEntry[] {
  const takenBack = new Set(events.flatMap((event) => (event.type === 'chat.messageDeleted' ? [event.data.deal.message] : [])))
  const known = new Map<ActorKey, { role: Role; name: string | null }>()
  for (const event of events)
    if (event.type === 'room.memberAdded')
      known.set(event.data.deal.member, { role: event.data.deal.role, name: event.data.personal?.name ?? null })
  const story: StoryEntry[] = []
  let said: Envelope[] = []
  let terms: Terms | null = null
  const fold = () => {
    if (said.length > 0) {
      const [first, last] = [said[0]!, said.at(-1)!]
      story.push({ kind: 'messages', first: first.seq, last: last.seq, count: Math.min(said.length, 1_000), from: first.at, to: last.at })
    }
    said = []
  }
  for (const event of events) {
    if (event.type === 'chat.messageSent' && !takenBack.has(event.seq)) said.push(event)
    if (!OF_DEAL.test(event.type)) continue
    fold()
    const { seq, at, type, data, actor: member } = event
    const who = known.get(member)
    const changes = event.type === 'offer.proposed' && terms ? diffTerms(terms, event.data.deal.terms) : null
    if (event.type === 'offer.proposed') terms = event.data.deal.terms
    const side = member === SYSTEM ? 'system' : who!.role === 'creator' ? 'creator' : 'brand'
    story.push({
      kind: 'event',
      seq,
      at,
      type,
      who: { member, side, name: who?.name ?? null },
      deal: data.deal,
      personal: data.personal,
      changes,
    })
  }
  fold()
  return story
}

/** So many messages in a room, straight into the tables, the first `takenBack` of them taken back: what no test could say one by one. */
export async function talkMuch(w: World, roomId: RoomId, messages: number, takenBack = 0): Promise<void> {
  const client = new pg.Client(w.url)
  await client.connect()
  try {
    await client.query('set search_path = parley')
    await client.query(
      `insert into event (stream_id, seq, tx, pos, id, type, version, actor_key, command_id, n, hash, at)
       select s.id, s.last_seq + i, s.last_tx, nextval('event_pos'), gen_random_uuid(), 'chat.messageSent', 1, m.actor_key, gen_random_uuid(), 0, '', now()
         from stream s join lateral (select actor_key from member where room_id = s.id limit 1) m on true cross join generate_series(1, $2::int) i
        where s.id = $1`,
      [roomId, messages],
    )
    await client.query(
      `insert into message (room_id, seq, rev, n, deleted)
       select s.id, s.last_seq + i, s.last_seq + i, s.msg_count + i, i <= $3 from stream s cross join generate_series(1, $2::int) i where s.id = $1`,
      [roomId, messages, takenBack],
    )
    await client.query('update stream set last_seq = last_seq + $2, msg_count = msg_count + $2 where id = $1', [roomId, messages])
    await client.query('analyze event, message')
  } finally {
    await client.end()
  }
}

type Asked = { text: string; values: unknown[] }
/** What PostgreSQL is asked meanwhile. */
export async function asking<T>(work: () => Promise<T>): Promise<{ value: T; asked: Asked[] }> {
  const asked: Asked[] = []
  const real = pg.Client.prototype.query
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config, values] = args as [string | { text: string; values?: unknown[] }, unknown[]?]
    asked.push(typeof config === 'string' ? { text: config, values: values ?? [] } : { text: config.text, values: config.values ?? [] })
    return Reflect.apply(real, this, args)
  } as typeof real
  try {
    return { value: await work(), asked }
  } finally {
    pg.Client.prototype.query = real
  }
}

type Plan = {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: Plan[]
}
/** How PostgreSQL answers this whoever asks: by the plan that serves all values. `pages`: how many it looked at; `scanned`: tables that it read through. */
export async function planOf(w: World, { text, values }: Asked): Promise<{ pages: number; scanned: string[] }> {
  const client = new pg.Client(w.url)
  await client.connect()
  try {
    await client.query('set search_path = parley')
    await client.query('set plan_cache_mode = force_generic_plan')
    await client.query(`prepare it as ${text}`)
    const literal = values.map((value) => (value === null ? 'null' : Array.isArray(value) ? `'{${value.join()}}'` : `'${String(value)}'`))
    const { rows } = await client.query(`explain (analyze, buffers, format json) execute it(${literal.join()})`)
    const plan = (rows[0] as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan
    return { pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], scanned: scannedIn(plan) }
  } finally {
    await client.end()
  }
}
const BIG = ['event', 'message']
function scannedIn(plan: Plan): string[] {
  const name = plan['Relation Name']
  const own = name && BIG.includes(name) && plan['Node Type'] === 'Seq Scan' ? [name] : []
  return [...own, ...(plan.Plans ?? []).flatMap(scannedIn)]
}
