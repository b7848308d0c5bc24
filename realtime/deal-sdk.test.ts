import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type DealRoom, dealRoom } from '../client-sdk/src/deal/deal.ts'
import { connect, type Parley, resume, type SignedIn } from '../client-sdk/src/index.ts'
import { nextApplicationMoves, openMarket } from '../client-sdk/src/market/market.ts'
import { verifyProof } from '../client-sdk/verify/verify-proof.ts'
import { createApp } from '../server/http.ts'
import { createLog } from '../server/log.ts'
import { PASSWORD, type TestPerson } from '../server/testing.ts'
import { hub, type TestHub } from './testing.ts'
import { apply, forget, market, terms as theirs } from './testing-market.ts'

/** The ceiling on a busy machine, in ms. */
const soon = { timeout: 6_000, interval: 20 }

let h: TestHub
let app: ReturnType<typeof createApp>
let superuser: pg.Pool
const bindings = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
const open: Parley[] = []
beforeAll(async () => {
  h = await hub()
  superuser = new pg.Pool({ connectionString: h.databaseUrl, options: '-c search_path=parley', max: 1 })
  app = createApp(h.house, { log: createLog({ level: 'error', write: () => {} }), isAllowedOrigin: () => true })
})
afterEach(() => {
  for (const parley of open.splice(0)) parley.close()
})
afterAll(async () => {
  await superuser?.end()
  await h?.close()
})

type Client = { parley: Parley; me: SignedIn }
async function signedIn(person: TestPerson): Promise<Client> {
  const fetch: typeof globalThis.fetch = async (url, init) => app.request(String(url).replace(h.url, ''), init, bindings)
  const me = resume(h.url, await h.session(person), { fetch })
  const parley = connect({ url: h.url, getToken: me.getToken, fetch, random: () => 0.1 })
  open.push(parley)
  await expect.poll(() => parley.status, soon).toBe('online')
  return { parley, me }
}
/** Somebody of a brand, and who has applied to its campaign, both in the application's room. */
async function meet(by: 'owner' | 'manager' | 'viewer' = 'owner') {
  const team = await market(h)
  const creator = await h.person('creator')
  const place = await apply(h, creator, team.campaignId)
  const [hires, works] = await Promise.all([signedIn(team[by]), signedIn(creator)])
  const [brand, maker] = await Promise.all([dealRoom(hires.parley, place.roomId).join(), dealRoom(works.parley, place.roomId).join()])
  return { ...place, team, creator, hires, works, brand, maker }
}
const { nonce: _, ...usual } = { ...theirs, deliverables: [{ platform: 'youtube', format: 'Video', count: 2, due: null }] }
const code = (order: Promise<unknown>) =>
  order.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
/** Both show the same, and nothing is on its way. */
async function agree(...rooms: DealRoom[]): Promise<void> {
  await expect.poll(() => rooms.map(({ deal }) => deal.state), soon).toEqual(rooms.map(() => ({ ...rooms[0]!.deal.state, waiting: 0 })))
}

test('N2 N7 N8 two people make a whole deal, and each sees at once what the other does', { timeout: 60_000 }, async () => {
  const { brand, maker, applicationId, works } = await meet()
  expect(brand.deal.nextMoves()).toMatchObject({ propose: true, offer: [] })
  await brand.send('What would you take?')
  const first = await maker.offers.propose(usual, { validUntil: new Date(Date.now() + 86_400_000) })
  await expect.poll(() => brand.offers.open, soon).toMatchObject({ offer: 1, by: 'creator', hash: first.hash, pending: null })
  expect(brand.deal.state.deal?.state).toBe('negotiating')
  await brand.offers.comment(1, 'fee', 'A little less?')
  await expect.poll(() => maker.offers.comments, soon).toMatchObject([{ text: 'A little less?', pending: false }])
  const less = { ...usual, fee: { amount: 100_000, currency: 'EUR' }, payments: [{ amount: 100_000, due: 'onApproval' as const }] }
  await brand.offers.counter(1, less)
  await expect.poll(() => maker.offers.open?.offer, soon).toBe(2)
  expect(maker.offers.diff(1, maker.offers.open!).map(({ term }) => term)).toEqual(['fee', 'payments'])
  const agreed = await maker.offers.accept(maker.offers.open!)
  expect(agreed).toMatchObject({ offer: 2, state: 'agreed', hash: maker.offers.binding?.hash })
  await expect.poll(() => brand.offers.binding, soon).toMatchObject({ offer: 2, acceptance: { by: 'creator' } })
  await agree(brand, maker)

  const work = maker.deliverables.submit(1, { links: ['https://example.com/1'], note: 'The first' })
  expect(maker.deliverables.all[0]).toMatchObject({ state: 'submitted', pending: 'submit' })
  await work
  await expect.poll(() => brand.deliverables.all[0], soon).toMatchObject({ state: 'submitted', note: 'The first' })
  await brand.deliverables.requestRevision(1, 'Louder')
  await expect.poll(() => maker.deliverables.all[0], soon).toMatchObject({ state: 'revisionRequested', rounds: 1, note: 'Louder' })
  await Promise.all([
    maker.deliverables.submit(1, { links: ['https://example.com/2'] }),
    maker.deliverables.submit(2, { links: ['https://example.com/3'] }),
  ])
  await expect.poll(() => brand.deliverables.all.map(({ state }) => state), soon).toEqual(['submitted', 'submitted'])
  expect(await code(brand.deliverables.requestRevision(1))).toBe('deliverable.noRounds')
  await Promise.all([brand.deliverables.approve(1), brand.deliverables.approve(2, 'Lovely')])
  await maker.milestones.invoice(1)
  await expect.poll(() => brand.milestones.all, soon).toMatchObject([{ state: 'invoiced', amount: 100_000, currency: 'EUR' }])
  await brand.milestones.pay(1)
  await expect.poll(() => maker.milestones.all[0]?.state, soon).toBe('paid')
  await maker.milestones.confirm(1)
  await expect.poll(() => brand.deal.state.deal?.state, soon).toBe('completed')
  await expect.poll(() => brand.milestones.all[0]?.state, soon).toBe('confirmed')
  await agree(brand, maker)
  const asked = await app.request(
    `/api/v1/applications/${applicationId}/deal`,
    { headers: { authorization: `Bearer ${await works.me.getToken()}` } },
    bindings,
  )
  const { asOf: _asOf, comments, ...deal } = (await asked.json()) as Record<string, unknown>
  expect(brand.deal.state.deal).toMatchObject({ ...deal, comments: comments as object[] })

  const story = await maker.deal.timeline({ limit: 5 })
  expect(story.items).toHaveLength(5)
  const rest = await maker.deal.timeline({ limit: 100, ...(story.cursor && { cursor: story.cursor }) })
  const types = [...story.items, ...rest.items].map((entry) => (entry.kind === 'event' ? entry.type : entry.kind))
  expect(types).toEqual(expect.arrayContaining(['application.submitted', 'messages', 'offer.accepted', 'deliverable.statusChanged']))
  expect(await brand.deal.agreement()).toMatchObject({ offer: 2, hash: agreed.hash, versions: [{ offer: 2 }] })
  expect(await brand.deal.page('agreement')).toMatch(/^<!doctype html>/i)
  expect(await brand.deal.page('timeline')).toMatch(/^<!doctype html>/i)
  const proof = new Uint8Array(await (await maker.deal.proof()).arrayBuffer())
  expect(await verifyProof([proof], { pinned: [h.house.signer.jwk.kid] })).toMatchObject({ ok: true })
})

test('N8 to accept takes a session whose person has proved lately who they are: the SDK’s session can', async () => {
  const { brand, maker, works } = await meet()
  await brand.offers.propose(usual)
  await expect.poll(() => maker.offers.open?.offer, soon).toBe(1)
  await superuser.query(`update session set proved_at = clock_timestamp() - interval '1 hour' where id = $1`, [works.me.session.sessionId])
  expect(await code(maker.offers.accept(1))).toBe('session.stepUpRequired')
  expect(maker.offers.open).toMatchObject({ state: 'proposed', pending: null })
  expect(await code(works.me.stepUp('not the one'))).toBe('session.badCredentials')
  expect(works.parley.status).toBe('online')
  expect(Date.parse((await works.me.stepUp(PASSWORD)).until)).toBeGreaterThan(Date.now())
  expect(await maker.offers.accept(1)).toMatchObject({ state: 'agreed' })
})

test('N9 what the hub refuses has its own code, and nothing of it is shown', async () => {
  const { brand, maker } = await meet()
  expect(await code(brand.offers.propose({ ...usual, fee: { amount: 1.5, currency: 'EUR' } }))).toBe('terms.badAmount')
  expect(await code(brand.offers.propose({ ...usual, payments: [{ amount: 1, due: 'onApproval' }] }))).toBe('terms.badSum')
  expect(await code(brand.offers.propose(usual, { basedOn: 4 }))).toBe('offer.notBinding')
  expect(await code(brand.offers.propose(usual, { validUntil: '2020-01-01T00:00:00Z' }))).toBe('deadline.passed')
  expect(brand.offers.all).toEqual([])
  await brand.offers.propose(usual)
  const { open } = brand.offers
  expect(await code(brand.offers.accept(1))).toBe('offer.own')
  expect(await code(brand.offers.propose(usual))).toBe('offer.exists')
  await expect.poll(() => maker.offers.open?.offer, soon).toBe(1)
  expect(await code(maker.offers.withdraw(1))).toBe('offer.notOwn')
  expect(await code(maker.offers.accept({ ...open!, terms: { ...open!.terms, revisionRounds: 9 } }))).toBe('offer.otherTerms')
  await Promise.all([code(maker.offers.accept(1)), code(brand.offers.withdraw(1))]).then((codes) => {
    expect([
      ['done', 'offer.accepted'],
      ['offer.withdrawn', 'done'],
    ]).toContainEqual(codes)
  })
  await agree(brand, maker)
})

test('N9 who only looks on sees the deal live, and may do nothing with it', async () => {
  const { brand: viewer, maker } = await meet('viewer')
  await maker.offers.propose(usual)
  await expect.poll(() => viewer.offers.open?.offer, soon).toBe(1)
  expect(viewer.deal.nextMoves()).toEqual({ propose: false, offer: [], deliverables: {}, milestones: {}, cancel: [] })
  expect(await code(viewer.offers.accept(1))).toBe('access.denied')
  expect(viewer.offers.open).toMatchObject({ pending: null })
})

test('N4 N5 N10 a connection that is lost, and words that are erased, on a real hub', async () => {
  const { brand, maker, roomId, hires } = await meet('manager')
  await maker.offers.propose(usual)
  await maker.offers.comment(1, 'fee', 'My name is Mia')
  await expect.poll(() => brand.offers.comments, soon).toMatchObject([{ text: 'My name is Mia' }])
  h.io.disconnectSockets(true)
  const declined = brand.offers.decline(1, 'Too dear')
  expect(brand.offers.all).toMatchObject([{ state: 'declined', reason: 'Too dear', pending: 'decline' }])
  await declined
  await forget(h, roomId, brand.offers.comments[0]!.seq!)
  await expect.poll(() => [brand, maker].map(({ offers }) => offers.comments[0]?.text), soon).toEqual([null, null])
  await agree(brand, maker)
  const again = dealRoom((await signedIn(await h.person('creator'))).parley, roomId)
  expect(await code(again.join())).toBe('resource.notFound')
  expect(await code(again.offers.withdraw(1))).toBe('resource.notFound')
  expect(hires.parley.status).toBe('online')
})

test('N7 D14 what is agreed is cancelled by both together, from the room and from the market', async () => {
  const { brand, maker, applicationId, hires } = await meet()
  await brand.offers.propose(usual)
  await expect.poll(() => maker.offers.open?.offer, soon).toBe(1)
  await maker.offers.accept(1)
  const asked = maker.deal.requestCancel('I moved away')
  expect(maker.deal.state.deal).toMatchObject({ state: 'agreed+creator', pending: 'cancel.request' })
  expect(await asked).toMatchObject({ applicationId, state: 'agreed+creator' })
  expect(await code(maker.deal.confirmCancel())).toBe('application.illegalMove')
  await maker.deal.revokeCancel()
  await maker.deal.requestCancel()
  await expect.poll(() => brand.deal.nextMoves().cancel, soon).toEqual(['cancel.confirm'])
  const { applications } = openMarket(hires.parley)
  const application = await applications.get(applicationId)
  expect(nextApplicationMoves(application.state, application.me)).toEqual(['cancel.confirm'])
  expect(await applications.confirmCancel(application, 'A pity')).toMatchObject({ state: 'cancelled' })
  await expect.poll(() => maker.deal.state.deal?.state, soon).toBe('cancelled')
  await agree(brand, maker)
})
