import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { signerFrom } from '../persistence/checkpoints.ts'
import { killChildren } from '../persistence/testing/child.ts'
import { verifyStream } from '../persistence/verify.ts'
import { dealContradictions } from '../server/deals/testing-contradictions.ts'
import { newKey, type World, world } from '../server/testing.ts'
import { applications, inLanes, outcomes, type Played, play } from './testing-deadlines.ts'
import { type Cluster, killable, type Victim } from './testing-killer.ts'

/** `npm run fuzz -- --what deadlines --offers N --seed S` sets them. */
const OFFERS = process.env.PARLEY_FUZZ_OFFERS ? Number(process.env.PARLEY_FUZZ_OFFERS) : null
const SEED = Number(process.env.PARLEY_FUZZ_SEED ?? Date.now() & 0xffff)
/** Offers run out within so long, in ms: all of it in a minute or two. */
const WINDOW = OFFERS === null ? { least: 6_000, most: 14_000 } : { least: 40_000, most: 120_000 }
const PEACE = OFFERS === null ? { least: 500, most: 2_000 } : { least: 3_000, most: 10_000 }
const LONG = { timeout: OFFERS === null ? 180_000 : 1_800_000 }

/** Of whoever has asked for so long that they gave up: it may have been accepted, or not. */
const UNKNOWN = 'server.unavailable'

let w: World | undefined
let superuser: pg.Client | undefined
let cluster: Cluster | undefined
afterEach(async () => {
  await cluster?.close()
  killChildren()
  await superuser?.end()
  await w?.close()
}, 180_000)

async function set(sweep: boolean): Promise<{ w: World; superuser: pg.Client; cluster: Cluster }> {
  const key = newKey()
  w = await world({ signer: signerFrom(key) })
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
  cluster = await killable(w, { key, seed: SEED, sweep, peace: PEACE })
  // Only what lives by then begins with its first look: what has come to its end before has no run.
  await expect
    .poll(() => superuser?.query(`select from follower where name like 'workflows:%'`), { timeout: 30_000 })
    .toMatchObject({ rowCount: 1 })
  return { w, superuser, cluster }
}

/** Answers with how many of what there was. */
async function tormented(count: number, sweep: boolean): Promise<Record<string, unknown>> {
  const its = await set(sweep)
  const began = performance.now()
  const deals = await applications(its.w, count)
  const applied = performance.now()
  const torment = its.cluster.torment()
  const played = await play(its.w, deals, { url: its.cluster.url, seed: SEED, window: WINDOW })
  const proposed = performance.now()
  const last = Math.max(...played.map(({ until }) => Date.parse(until)))
  await sleep(Math.max(0, last - Date.now()) + 1_000)
  const killed: Record<Victim, number> = await torment.stop()
  const said = await Promise.all(played.map((one) => one.said))
  const open = async () => (await its.superuser.query('select from application where expires_at is not null')).rowCount
  await expect.poll(open, { timeout: LONG.timeout / 2, interval: 250 }).toBe(0)
  const settled = Date.now() - last
  const found = await truth(its.superuser, played, said)
  await sound(its.w, its.superuser, played)
  await runs(its.cluster, its.superuser, played)
  const seconds = (ms: number) => Math.round(ms / 100) / 10
  return {
    seed: SEED,
    offers: count,
    killed,
    ...found,
    'applications made in s': seconds(applied - began),
    'offers made in s': seconds(proposed - applied),
    'all settled after the last deadline, in s': seconds(settled),
    'all runs closed after it, in s': seconds(Date.now() - last),
  }
}

/** Each is accepted or expired, once, on the right side of its deadline by the database's clock; what was acknowledged is so. */
async function truth(client: pg.Client, played: readonly Played[], said: readonly (string | null)[]) {
  const found = await outcomes(client)
  const late: number[] = []
  const codes: Record<string, number> = {}
  let accepted = 0
  for (const [i, { applicationId }] of played.entries()) {
    const { ends, at, until, attested, state, reminders, different } = found.get(applicationId)!
    expect(ends).toHaveLength(1)
    const [end] = ends
    expect(['offer.accepted', 'offer.expired']).toContain(end)
    if (end === 'offer.accepted') {
      accepted++
      expect([at < until, attested! < until, state, said[i]]).toEqual([true, true, 'agreed', expect.toBeOneOf(['ok', UNKNOWN])])
    } else {
      late.push(at.getTime() - until.getTime())
      expect([at >= until, state, said[i]]).toEqual([true, 'negotiating', expect.toBeOneOf([null, 'offer.expired', UNKNOWN])])
    }
    expect(reminders).toBe(different)
    if (said[i]) codes[said[i]] = (codes[said[i]] ?? 0) + 1
  }
  late.sort((a, b) => a - b)
  const quantile = (q: number) => late[Math.min(late.length - 1, Math.floor(q * late.length))]
  return {
    accepted,
    expired: late.length,
    answers: codes,
    'expired late by, in ms': { p50: quantile(0.5), p99: quantile(0.99), most: late.at(-1) },
  }
}

async function sound(its: World, client: pg.Client, played: readonly Played[]): Promise<void> {
  for (const [what, sql] of Object.entries(dealContradictions)) expect([what, (await client.query(sql)).rows]).toEqual([what, []])
  await inLanes(played.length, async (n) => expect(await verifyStream(its.db, played[n]!.roomId)).toMatchObject({ ok: true }))
}

/** Of each version there was one run, and it is over; of each application there is one, and of its work one, since they are not over. */
async function runs({ server }: Cluster, sql: pg.Client, played: readonly Played[]): Promise<void> {
  const connection = await Connection.connect({ address: server.server().address })
  try {
    const client = new Client({ connection })
    const { rows } = await sql.query<{ id: string; agreed: boolean }>(`select id, state = 'agreed' as agreed from application`)
    const expected = Object.fromEntries(
      rows.flatMap(({ id, agreed }) => [
        [`offer:${id}:1`, 'COMPLETED'],
        [`application:${id}`, 'RUNNING'],
        ...(agreed ? [[`deliverables:${id}`, 'RUNNING']] : []),
      ]),
    )
    expect(rows).toHaveLength(played.length)
    const wrong = async () => {
      const seen = new Map<string, string[]>()
      for await (const { workflowId, status } of client.workflow.list())
        if (/^(offer|application|deliverables):/.test(workflowId)) seen.set(workflowId, [...(seen.get(workflowId) ?? []), status.name])
      const ids = new Set([...seen.keys(), ...Object.keys(expected)])
      return [...ids].filter((id) => seen.get(id)?.join() !== expected[id]).map((id) => [id, seen.get(id), expected[id]])
    }
    await expect.poll(wrong, { timeout: LONG.timeout / 2, interval: 1_000 }).toEqual([])
  } finally {
    await connection.close()
  }
}

const COUNT = OFFERS ?? 200
const FEW = OFFERS ?? 30
test(
  `${COUNT} offers run out while the worker, the hub and Temporal are killed: each is accepted or expired once, in its time`,
  LONG,
  async () => {
    console.log(JSON.stringify(await tormented(COUNT, true), null, 1))
  },
)

test(`the same without the sweep: Temporal alone lets ${FEW} offers expire, each once`, LONG, async () => {
  console.log(JSON.stringify(await tormented(FEW, false), null, 1))
})
