import { setTimeout as sleep } from 'node:timers/promises'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApplicationPlace, type CommandId, type Envelope, PROTOCOL_VERSION, type RoomId } from '../../client-sdk/contract/index.ts'
import { emptyRoom, reduce } from '../../client-sdk/contract/reduce.ts'
import { signerFrom } from '../../persistence/checkpoints.ts'
import { randomFrom } from '../../persistence/testing/random.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { commandId, newKey, type TestPerson, type World, world } from '../../server/testing.ts'
import { type Nodes, startNodes } from '../convergence/testing-nodes.ts'
import { apply, type Market, market } from '../testing-market.ts'

/** Chooses the moments of the kills; `PARLEY_FAULT_SEED` replays one. */
const SEED = Number(process.env.PARLEY_FAULT_SEED ?? Date.now() % 1_000_000)
const APPLICATIONS = 36
const AT_ONCE = 6
/** Of the node that is written to, each in the middle of the work. */
const KILLS = 3
const MOVES = ['shortlist', 'decline'] as const
/** What the brand says and does about each, in this order. */
const SCRIPT = ['chat.messageSent', 'application.statusChanged', 'chat.messageSent', 'application.statusChanged', 'chat.messageSent']

let w: World
let nodes: Nodes
let m: Market
let ownerToken: string
beforeAll(async () => {
  const tokenKey = newKey()
  w = await world({ signer: signerFrom(tokenKey) })
  nodes = await startNodes({ databaseUrl: w.url, tokenKey })
  m = await market(w)
  ownerToken = await tokenOf(m.owner)
}, 120_000)
afterAll(async () => {
  await nodes?.close()
  await w?.close()
}, 120_000)

const tokenOf = async (person: TestPerson) => (await w.session(person)).accessToken

/** A creator on the other node, who has the room open and says something whenever a status changes. */
type Side = { place: ApplicationPlace; socket: Socket; heard: Envelope[]; said: Promise<unknown>[] }
async function enter(): Promise<Side> {
  const creator = await w.person('creator')
  const place = await apply(w, creator, m.campaignId)
  const { roomId } = place
  const auth = { token: await tokenOf(creator), sdk: '0.0.0', protocol: PROTOCOL_VERSION }
  const socket = io(nodes.urls[1]!, { auth, transports: ['websocket'], reconnection: false, forceNew: true })
  const side: Side = { place, socket, heard: [], said: [] }
  socket.on('room.event', (events: Envelope[]) => {
    side.heard.push(...events)
    for (const { type } of events)
      if (type === 'application.statusChanged')
        side.said.push(socket.emitWithAck('chat.send', { commandId: commandId(), roomId, text: 'I see' }))
  })
  const reply = await socket.emitWithAck('room.join', { roomId })
  expect(reply).toMatchObject({ ok: true })
  return side
}

/** How many requests found nobody, or were never answered. */
let lost = 0
/** By REST on the node that is killed: again, as the same order, until there is an answer. */
async function order(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  id: CommandId = commandId(),
): Promise<{ version: number }> {
  for (;;) {
    try {
      const response = await fetch(`${nodes.urls[0]}/api/v1${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { Authorization: `Bearer ${ownerToken}`, 'Content-Type': 'application/json', 'Idempotency-Key': id, ...headers },
      })
      const answer = (await response.json()) as { version: number; retryable?: boolean }
      if (response.ok) return answer
      if (!answer.retryable) throw Object.assign(new Error('refused'), answer)
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error // no connection, or half an answer
      lost++
    }
    await sleep(20)
  }
}
let done = 0
async function negotiate({ place: { applicationId, roomId } }: Side): Promise<void> {
  const say = (text: string) => order(`/rooms/${roomId}/messages`, { text })
  let version = 1
  await say('We have read it')
  for (const move of MOVES) {
    ;({ version } = await order(`/applications/${applicationId}/moves`, { move, reason: 'As we said' }, { 'If-Match': `"${version}"` }))
    done++
    await say(`That was ${move}`)
  }
}

/** Applications whose row says something else than their log, and states that are counted wrong: all of one moment. */
async function contradictions(): Promise<unknown[]> {
  const { rows } = await w.db.pool.query(
    `select 'row' as what, a.id::text as which from application a cross join lateral (
       select count(*) as n, (array_agg(deal::json ->> 'to' order by seq desc))[1] as state from event
        where stream_id = a.room_id and type = 'application.statusChanged') e
      where a.version <> 1 + e.n or a.state <> coalesce(e.state, 'submitted')
     union all
     select 'count', coalesce(k.state, a.state) from (select campaign_id, state, n from application_count where n <> 0) k
       full join (select campaign_id, state, count(*) as n from application group by 1, 2) a using (campaign_id, state)
      where k.n is distinct from a.n`,
  )
  return rows
}

test(`a status moved by REST on a node that is killed is one commit with its event, and in order in the other side’s open room [seed ${SEED}]`, {
  timeout: 240_000,
}, async () => {
  const random = randomFrom(SEED)
  const sides = await Promise.all(Array.from({ length: APPLICATIONS }, enter))
  const waiting = [...sides]
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (let side = waiting.shift(); side; side = waiting.shift()) await negotiate(side)
  })
  let working = true
  const work = Promise.all(lanes).finally(() => (working = false))
  const found: unknown[] = []
  const watching = (async () => {
    for (; working; await sleep(5)) found.push(...(await contradictions()))
  })()
  for (let kill = 1; kill <= KILLS; kill++) {
    const moment = Math.floor(((kill - 1 + random() * 0.7) / KILLS) * APPLICATIONS * MOVES.length)
    await expect.poll(() => done >= moment, { timeout: 60_000, interval: 1 }).toBe(true)
    await sleep(random() * 10)
    for (; nodes.befell.killed < kill; await sleep(1)) nodes.kill(0) // one that is coming up yet is left alone
  }
  await work
  await watching
  expect(found).toEqual([])
  expect(nodes.befell.killed).toBe(KILLS)
  expect(lost).toBeGreaterThan(0)
  expect(await contradictions()).toEqual([])
  for (const side of sides) await expectInOrder(side)
})

/** What the creator has heard is the log, whole and once; and its fold is the row. */
async function expectInOrder({ place: { roomId, applicationId }, heard, said, socket }: Side): Promise<void> {
  await expect.poll(() => said.length, { timeout: 10_000 }).toBe(MOVES.length)
  await Promise.all(said)
  const log = await whole(roomId)
  await expect.poll(() => heard.at(-1)?.seq, { timeout: 10_000 }).toBe(log.at(-1)!.seq)
  socket.close()
  expect(heard).toEqual(log.slice(heard[0]!.seq - 1))
  const [{ actor: brand }] = heard as [Envelope]
  expect(heard.filter(({ actor }) => actor === brand).map(({ type }) => type)).toEqual(SCRIPT)
  type Row = { state: string; version: number; moved: number }
  const { rows } = await w.db.pool.query<Row>('select state, version, moved::int from application where id = $1', [applicationId])
  expect(log.reduce(reduce, emptyRoom).subject).toEqual({ kind: 'application', id: applicationId, ...rows[0], reason: 'As we said' })
  expect(rows[0]).toMatchObject({ state: 'declined', version: 1 + MOVES.length })
  expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true, seq: log.length })
}

async function whole(roomId: RoomId): Promise<Envelope[]> {
  const { events, head } = await w.db.log.readAfter(roomId, 0, 1_000)
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, i) => i + 1))
  return events
}
