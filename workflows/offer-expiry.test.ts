import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventsOf } from '../server/applications/testing.ts'
import { parties, propose } from '../server/deals/testing.ts'
import { soon } from '../server/offers/testing.ts'
import { type World, world } from '../server/testing.ts'
import type { Temporal } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

let w: World
let server: TestServer
let temporal: Temporal
beforeAll(async () => {
  w = await world()
  server = await testServer()
  temporal = await testWorker(w, server)
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await w.close()
})

test('an offer expires at its time, and its run is over', async () => {
  const its = await parties(w)
  await propose(w, its.campaign.manager, its, { validUntil: soon(2_000) })
  await expect.poll(async () => (await eventsOf(w, its.roomId)).at(-1)?.type, { timeout: 20_000 }).toBe('offer.expired')
  const run = () => temporal.client()?.workflow.getHandle(`offer:${its.applicationId}:1`).describe()
  await expect.poll(async () => (await run())?.status.name, { timeout: 10_000 }).toBe('COMPLETED')
})
