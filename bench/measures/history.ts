import pg from 'pg'
import { newId, type RoomId } from '../../client-sdk/contract/index.ts'
import { listMessages } from '../../server/chat/list-messages.ts'
import { context } from '../../server/ctx.ts'
import { median, round } from '../figures.ts'
import { createPeople, createRooms } from '../fixtures.ts'
import type { Measure, Run } from './measure.ts'

const SMALL = 1_000
const BIG = 1_000_000
const PAGE = 50
const INDEXES = ['event_order', 'event_command']

/** What a page of messages costs in a room of a million and in one of a thousand, through the use case, warm. */
export async function historyPage(run: Run): Promise<Measure> {
  const { house, url, close } = await run.stage.open('history')
  const [person] = await createPeople(house, 1)
  const [small, big] = (await createRooms(house, [person!, person!], 2, 1)).map((seat) => seat.roomId as RoomId)
  const started = performance.now()
  await fill(url, [small!, SMALL], [big!, BIG])
  run.say(`  a million messages written in ${((performance.now() - started) / 1_000).toFixed(0)} s`)

  const session = { userId: person!.userId, sessionId: person!.sessionId, role: 'brand', endsAt: new Date(8.64e15) } as const
  const page = async (roomId: RoomId, before?: number) => {
    const begin = performance.now()
    const { messages } = await listMessages(context(house, session), { roomId, before, limit: PAGE })
    const ms = performance.now() - begin
    if (messages.length !== PAGE) throw new Error(`a page has ${messages.length} messages, not ${PAGE}`)
    return ms
  }
  const cases = {
    smallNewest: () => page(small!),
    bigNewest: () => page(big!),
    smallMiddle: () => page(small!, 200 + Math.floor(Math.random() * (SMALL - 300))),
    bigMiddle: () => page(big!, 200 + Math.floor(Math.random() * (BIG - 300))),
  }
  type Case = keyof typeof cases
  const times: Record<Case, number[]> = { smallNewest: [], bigNewest: [], smallMiddle: [], bigMiddle: [] }
  const rounds = run.quick ? 300 : 1_500
  for (let i = -100; i < rounds; i++) {
    for (const [name, read] of Object.entries(cases) as [Case, () => Promise<number>][]) {
      const ms = await read()
      if (i >= 0) times[name].push(ms)
    }
  }
  await close()
  const of = (name: Case) => median(times[name])
  const [newest, middle] = [of('bigNewest') / of('smallNewest'), of('bigMiddle') / of('smallMiddle')]
  return {
    parley: round(of('bigNewest')),
    bare: null,
    batched: null,
    ratio: round(Math.max(newest, middle)),
    unit: 'ms',
    budget: '≤ 1.2 of the room of a thousand',
    newest: { million: round(of('bigNewest')), thousand: round(of('smallNewest')), ratio: round(newest) },
    middle: { million: round(of('bigMiddle')), thousand: round(of('smallMiddle')), ratio: round(middle) },
  }
}

/** By the superuser, past the log's door, in bulk: their chain does not hold, and nobody reads it here. */
async function fill(url: string, ...rooms: [RoomId, number][]): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=parley -c synchronous_commit=off' })
  await client.connect()
  const { rows } = await client.query<{ indexdef: string }>('select indexdef from pg_indexes where indexname = any($1)', [INDEXES])
  if (rows.length !== INDEXES.length) throw new Error(`the event table has no indexes of the names ${INDEXES.join(', ')}`)
  await client.query(`drop index ${INDEXES.join(', ')}`)
  for (const table of ['event', 'message']) await client.query(`alter table ${table} set unlogged`) // read the same, written faster
  for (const [roomId, count] of rooms) {
    await client.query(
      `insert into event (stream_id, seq, tx, pos, id, type, version, actor_key, command_id, n, personal, personal_salt, hash, at)
       select s.id, s.last_seq + g, 3, nextval('event_pos'), gen_random_uuid(), 'chat.messageSent', 1, $3::uuid, gen_random_uuid(), 0,
              $4, decode(repeat('5a', 16), 'hex'), decode(repeat('5a', 32), 'hex'), now()
         from stream s, generate_series(1, $2::int) g where s.id = $1`,
      [roomId, count, newId(), JSON.stringify({ text: 'A message that says as much as most do. '.repeat(4).slice(0, 128) })],
    )
    await client.query(
      `insert into message (room_id, seq, rev) select s.id, s.last_seq + g, s.last_seq + g from stream s, generate_series(1, $2::int) g where s.id = $1`,
      [roomId, count],
    )
    await client.query('update stream set last_seq = last_seq + $2, msg_count = $2 where id = $1', [roomId, count])
  }
  for (const { indexdef } of rows) await client.query(indexdef)
  for (const table of ['event', 'message', 'stream', 'member']) await client.query(`vacuum analyze ${table}`)
  await client.query('checkpoint')
  await client.end()
}
