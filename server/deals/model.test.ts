import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dealOf } from '../../persistence/deals.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { eventsOf } from '../applications/testing.ts'
import { commandId, type World, world } from '../testing.ts'
import { dealContradictions } from './testing-contradictions.ts'
import { actors, isDisputed, isOpenPhase, type Model, type Order, openVersion } from './testing-model.ts'
import { type Answered, explanations } from './testing-model-explain.ts'
import {
  begin,
  type Cast,
  cast,
  folded,
  found,
  inWords,
  isSame,
  newNonce,
  patiently,
  type Scene,
  send,
  sessions,
} from './testing-model-scene.ts'
import { orderOf, type Round, type Story, story } from './testing-model-story.ts'

/** `npm run fuzz -- --what deals --seeds N` sets it, and `--seed S` replays one. */
const STORIES = Number(process.env.PARLEY_FUZZ_SEEDS ?? 60)
const SEED = process.env.PARLEY_FUZZ_SEED ? Number(process.env.PARLEY_FUZZ_SEED) : undefined
/** So many deals are made at the same time; a failure is replayed alone. */
const CASTS = SEED === undefined ? 4 : 1
/** Two clocks on one machine, and their rounding, in ms. */
const BLUR = 5

let w: World
let casts: Cast[] = []
beforeAll(async () => {
  w = await world()
  casts = await Promise.all(Array.from({ length: CASTS }, () => cast(w)))
})
afterAll(async () => {
  await Promise.all(casts.map(({ superuser }) => superuser.end()))
  await w?.close()
})

/** All act at once. A command that is sent twice is one, if the first time it went through. */
async function act(scene: Scene, known: Model, round: Round): Promise<Answered[]> {
  const going = actors.map(async (who): Promise<Answered[]> => {
    const its = round[who]
    const order = its && orderOf(known, who, its.act, { now: Date.now(), nonce: newNonce() })
    if (!order) return []
    if (!its.isTwice || who === 'system') return [{ who, order, outcome: (await send(scene, who, order)).outcome }]
    return twice(scene, who, order)
  })
  return (await Promise.all(going)).flat()
}
async function twice(scene: Scene, who: Answered['who'], order: Order): Promise<Answered[]> {
  const id = commandId()
  const [one, other] = await Promise.all([send(scene, who, order, id), send(scene, who, order, id)])
  if (one.outcome === 'ok' && other.outcome === 'ok') {
    expect(other.answer).toEqual(one.answer)
    return [{ who, order, outcome: 'ok' }]
  }
  const [refused, then] = one.outcome === 'ok' ? [other, one] : [one, other]
  const before = { who, order, outcome: refused.outcome }
  return [before, { who, order, outcome: then.outcome, before }]
}

/** The models after the round that all that was seen allows; they differ in what cannot be seen, whether a time is over. */
async function round(scene: Scene, before: Model[], its: Round): Promise<Model[]> {
  const start = Date.now() - BLUR
  const models = before.map((model) => (isOverBy(model, start) ? { ...model, isPast: true } : model))
  const answered = await act(scene, models[0]!, its)
  const now = await patiently(() => found(scene, models[0]!.base))
  const end = Date.now() + BLUR
  const ways = models.flatMap((model) => [...explanations(model, answered, end)])
  const possible = ways.filter((model) => isSame(inWords(model, isDisputed(model)), now))
  if (possible.length === 0) {
    const told = { models, answered, now, ways: ways.map((model) => inWords(model, isDisputed(model))) }
    throw new Error(`No order of these explains what is found: ${JSON.stringify(told)}`)
  }
  return [...new Map(possible.map((model) => [JSON.stringify(model), model])).values()]
}
const isOverBy = (model: Model, moment: number): boolean => (openVersion(model)?.until ?? Number.POSITIVE_INFINITY) <= moment

async function tell(its: Cast, { withTerms, rounds }: Story): Promise<void> {
  const { scene, model } = await patiently(() => begin(its, withTerms))
  let models = [model]
  for (const one of rounds) models = await round(scene, models, one)
  await assertSwept(scene, models)
  await assertLog(scene)
  await assertCommands(scene)
}

/** Once the sweep has been, nothing waits any more whose time was over before it. */
async function assertSwept(scene: Scene, models: Model[]): Promise<void> {
  const start = Date.now() - BLUR
  const isDue = (model: Model) => isOverBy(model, start) || (model.isLate && isOpenPhase(model))
  let swept = models
  for (let tries = 0; swept.some(isDue) && tries < 20; tries++)
    swept = await round(scene, swept, { system: { act: { do: 'sweep' }, isTwice: false } }) // another sweep may have it in hand
  expect(swept.filter(isDue)).toEqual([])
}

/** The log by itself, without any model: it verifies, folds to what is read, and every acceptance in it is of what was open. */
async function assertLog({ roomId }: Scene): Promise<void> {
  const events = await eventsOf(w, roomId)
  expect(await dealOf(w.db.pool, roomId)).toEqual(folded(events))
  expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
  let open: { offer: number; by: string; hash: string } | null = null
  for (const { type, data } of events) {
    if (type === 'offer.proposed') open = data.deal
    if (type === 'offer.accepted') {
      expect(data.deal).toMatchObject({ offer: open?.offer, hash: open?.hash })
      expect(data.deal.by).not.toBe(open?.by)
    }
    if (/^offer\.(accepted|declined|withdrawn|expired)$/.test(type)) open = null
  }
}

/** What was refused left no command behind, and what went through one. */
async function assertCommands({ superuser, sent }: Scene): Promise<void> {
  const { rows } = await superuser.query<{ id: string }>('select id from command where id = any($1)', [[...sent.keys()]])
  const done = [...sent].flatMap(([id, outcomes]) => (outcomes.includes('ok') ? [id] : []))
  expect(rows.map(({ id }) => id).sort()).toEqual(done.sort())
}

/** `isOver`: another cast has failed, and the rest is not worth the time. */
async function perform(its: Cast, numRuns: number, isOver: () => boolean): Promise<void> {
  let since = Date.now()
  const property = fc.asyncProperty(story, async (one) => {
    if (isOver()) return
    if (Date.now() - since > 300_000) {
      Object.assign(its, await sessions(w, its.superuser, its.people))
      since = Date.now()
    }
    await tell(its, one)
  })
  await fc.assert(property, { numRuns, endOnFailure: process.env.CI !== undefined, ...(SEED !== undefined && { seed: SEED }) })
}

test('whatever four people, the clock and the sweep do at once to a deal could have come one after the other, in rows, events and answers', async () => {
  let isOver = false
  const going = casts.map((its) =>
    perform(its, Math.ceil(STORIES / CASTS), () => isOver).finally(() => {
      isOver = true
    }),
  )
  await Promise.allSettled(going)
  await Promise.all(going)
  for (const [what, sql] of Object.entries(dealContradictions)) expect((await casts[0]!.superuser.query(sql)).rows, what).toEqual([])
}, 3_600_000)
