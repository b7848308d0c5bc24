import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AcceptOffer, Deal, Output } from '../client-sdk/contract/index.ts'
import { reduceDeal } from '../client-sdk/contract/index.ts'
import { dealOf } from '../persistence/deals.ts'
import { parties, someTerms } from '../server/deals/testing.ts'
import { byState, byTerms, everything, outdate, type Scenes, scenes, sessionFor } from '../server/offers/testing-refusals.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { hub, type TestClient, type TestHub } from './testing.ts'

let h: TestHub
let superuser: pg.Client
let s: Scenes
beforeAll(async () => {
  h = await hub()
  superuser = new pg.Client({ connectionString: h.databaseUrl })
  await superuser.connect()
  s = await scenes(h, superuser)
}, 30_000)
afterAll(async () => {
  await superuser.end()
  await h.close()
})

const clients = new Map<string, Promise<TestClient>>()
const open = async (person: TestPerson, isOld = false): Promise<TestClient> =>
  h.client(person, { token: (await sessionFor(h, superuser, person, isOld)).accessToken })
/** One for each of them, and for each kind of session. */
function clientOf(person: TestPerson, isOld = false): Promise<TestClient> {
  const key = `${person.userId} ${isOld}`
  const client = clients.get(key) ?? open(person, isOld)
  clients.set(key, client)
  return client
}

test.each([
  { what: 'how the deal stands, or who asks', orders: byState },
  { what: 'what is proposed', orders: byTerms },
])(
  'a command is refused for $what, each by its own code, and leaves nothing behind',
  async ({ orders }) => {
    const wrong: string[] = []
    const before = await everything(h)
    for (const { what, code, by, order, isOld } of orders) {
      const { ask } = await clientOf(by(s), isOld)
      const { command, input } = order(s)
      const reply = await ask(command, input)
      const got = reply.ok ? 'ok' : reply.error.code
      if (got !== code) wrong.push(`${what}: ${got} ${reply.ok ? '' : reply.error.message}, not ${code}`)
      expect({ after: what, ...(await everything(h)) }).toEqual({ after: what, ...before })
    }
    expect(wrong).toEqual([])
  },
  60_000,
)

test('a negotiation is heard by both sides as it goes, and what they heard makes the deal', async () => {
  const its = await parties(h)
  const { applicationId, roomId } = its
  const [manager, creator] = [await open(its.campaign.manager), await open(its.creator)]
  for (const { do: order } of [manager, creator]) await order('room.join', { roomId })
  const terms = someTerms()
  await manager.do('offer.propose', { commandId: commandId(), applicationId, terms })
  const other = { ...terms, fee: { amount: 100_000, currency: 'EUR' }, payments: [{ amount: 100_000, due: 'onApproval' }] }
  const countered: Output<'offer.counter'> = await creator.do('offer.counter', {
    commandId: commandId(),
    applicationId,
    offer: 1,
    terms: other,
  })
  const order: AcceptOffer = { commandId: commandId(), applicationId, offer: 2, hash: countered.hash }
  expect(await manager.do('offer.accept', order)).toMatchObject({ state: 'agreed', version: 3, offer: 2 })
  const deal = await dealOf(h.db.pool, roomId)
  expect(deal).toMatchObject({ state: 'agreed', binding: 2 })
  const before = (await h.db.log.readAfter(roomId, 0, 100)).events.filter(
    ({ type }) => !type.startsWith('offer.') && !/statusChanged/.test(type),
  )
  for (const { heard } of [manager, creator]) {
    await expect.poll(() => heard.at(-1)?.seq).toBe(deal!.asOf)
    expect([...before, ...heard].reduce<Deal | null>(reduceDeal, null)).toEqual(deal)
  }
})

test('what binds asks again who it is, on the socket that is open already', async () => {
  const its = await parties(h)
  const { applicationId } = its
  const session = await h.session(its.creator)
  const creator = await h.client(its.creator, { token: session.accessToken })
  const { hash } = await (await open(its.campaign.owner)).do('offer.propose', { commandId: commandId(), applicationId, terms: someTerms() })
  await outdate(superuser, session)
  const order = { commandId: commandId(), applicationId, offer: 1, hash }
  expect(await creator.ask('offer.accept', order)).toMatchObject({ ok: false, error: { code: 'session.stepUpRequired', retryable: false } })
  await superuser.query('update parley.session set proved_at = clock_timestamp() where id = $1', [session.sessionId])
  expect(await creator.ask('offer.accept', order)).toMatchObject({ ok: true, data: { state: 'agreed' } })
})
