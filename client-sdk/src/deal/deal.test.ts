import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../client.ts'
import type { Parley } from '../parley.ts'
import { jwt, me, roomId } from '../testing.ts'
import { type DealRoom, dealRoom } from './deal.ts'
import { applicationId, FakeDeal, hashOf, shownOf, someTerms, toldBy } from './testing-deal.ts'

let fake: FakeDeal
let parley: Parley
let room: DealRoom
const onError = vi.fn()
const realTimeout = setTimeout
/** The platform's digest is not on our clock. */
async function hashed(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await new Promise((done) => realTimeout(done, 10))
    await seconds(0.01)
  }
}
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const clientOf = (side: 'creator' | 'brand'): Parley =>
  connect({
    url: 'http://hub.test',
    getToken: async () => jwt({}),
    random: () => 0.5,
    openSocket: fake[side].open,
    fetch: fake.fetch,
    onError,
  })
async function joined(): Promise<void> {
  const live = room.join()
  await seconds(0.1)
  await live
}
/** Both agree on terms that the brand has proposed. */
async function agreed(terms = someTerms()): Promise<void> {
  fake.do('brand', 'offer.propose', { terms })
  fake.do('creator', 'offer.accept', { offer: 1, hash: hashOf(terms) })
  await seconds(0.1)
}

beforeEach(() => {
  vi.useFakeTimers()
  onError.mockClear()
  fake = new FakeDeal()
  parley = clientOf('creator')
  room = dealRoom(parley, roomId)
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})

test('N1 a deal room is the room itself with more to it, the same each time, until it is left', async () => {
  expect(dealRoom(parley, roomId)).toBe(room)
  const live = room.join()
  await seconds(0.1)
  expect(await live).toBe(room)
  expect(room.state).toBe(parley.room(roomId).state)
  expect(['deal', 'offers', 'send', 'state'].map((name) => name in room)).toEqual([true, true, true, true])
  expect(room.send).toBe(room.send)
  const { subscribe, send } = room
  let n = 0
  subscribe(() => n++)
  const sent = send('Hello!')
  await seconds(0.1)
  expect(await sent).toMatchObject({ seq: 3 })
  expect(n).toBeGreaterThan(0)
  expect(fake.asked).toEqual([`/applications/${applicationId}/deal`])
  const left = room.leave()
  await seconds(0.1)
  await left
  expect(dealRoom(parley, roomId)).not.toBe(room)
})

test('N1 nothing is read before the first use, and then once', async () => {
  const plain = parley.room(roomId).join()
  await seconds(0.1)
  await plain
  expect([fake.asked, room.deal.state]).toEqual([[], { loaded: false, deal: null, waiting: 0, error: null }])
  expect(room.deal.nextMoves()).toEqual({ propose: false, offer: [], deliverables: {}, milestones: {}, cancel: [] })
  const loads = [room.deal.load(), room.deal.load()]
  await seconds(0.1)
  expect(await loads[0]).toBe(await loads[1])
  expect(fake.asked).toHaveLength(1)
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N2 what the room tells is folded in order, and what is of no deal changes nothing that is shown', async () => {
  await joined()
  const before = room.deal.state
  fake.tell(fake.log.hear())
  fake.tell(fake.log.unheardOf())
  await seconds(0.1)
  expect(room.deal.state).toBe(before)
  await agreed()
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(room.deal.state.deal).toMatchObject({ state: 'agreed', binding: 1, deliverables: [{}, {}], milestones: [{}, {}] })
  const [first] = room.offers.all
  fake.do('creator', 'offer.comment', { offer: 1, term: 'fee', item: null, text: 'Good' })
  await seconds(0.1)
  expect(room.offers.all[0]).toBe(first)
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(fake.asked).toHaveLength(1)
})

test('N3 what is told while the deal is on its way is held, and applied to it', async () => {
  fake.latency = 500
  const loaded = room.deal.load()
  await seconds(0.1)
  await agreed()
  fake.do('creator', 'deliverable.submit', { deliverable: 1, links: ['https://example.com/1'] })
  await seconds(0.1)
  expect(room.deal.state.loaded).toBe(false)
  await seconds(0.5)
  await loaded
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(room.deal.state.deal?.state).toBe('delivering')
  expect(fake.asked).toHaveLength(1)
})

test('N3 an answer that is older than what was told before it is read again, until nothing is missing', async () => {
  const old = fake.deal
  await agreed()
  let stale = 2
  fake.answer = (deal) => (stale-- > 0 ? old : deal)
  const loaded = room.deal.load()
  await seconds(0.2)
  expect(room.deal.state.deal?.offers).toEqual([])
  await seconds(30)
  await loaded
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(fake.asked).toHaveLength(3)
})

test('N4 a snapshot in place of what was missed has the deal read again', async () => {
  await joined()
  fake.creator.cut()
  await agreed()
  for (let i = 0; i < 40; i++) fake.log.hear()
  await seconds(10)
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(fake.asked).toHaveLength(2)
  fake.creator.cut()
  fake.do('creator', 'milestone.move', { milestone: 1, move: 'invoice' })
  await seconds(10)
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(fake.asked).toHaveLength(2)
})

test('N5 what is erased is shown no more', async () => {
  fake.do('brand', 'offer.propose', { terms: someTerms() })
  await joined()
  fake.do('creator', 'offer.comment', { offer: 1, term: 'fee', item: null, text: 'My name is Mia' })
  fake.do('creator', 'offer.decline', { offer: 1, reason: 'Too little' })
  await seconds(0.1)
  expect(room.offers.comments).toMatchObject([{ text: 'My name is Mia', pending: false }])
  const { seq } = room.offers.comments[0]!
  fake.tell(fake.log.erase([seq!, room.offers.all[0]!.closed!]))
  await seconds(0.1)
  expect(room.offers.comments).toMatchObject([{ seq, text: null }])
  expect(room.offers.all).toMatchObject([{ state: 'declined', reason: null }])
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N6 an event that cannot be read is passed over, and the deal goes on', async () => {
  await joined()
  fake.tell(fake.log.happen('offer.accepted', null as never))
  await agreed()
  expect(room.deal.state.deal?.binding).toBe(1)
  expect(fake.asked).toHaveLength(1)
})

test('N6 an answer of another shape is no deal: it is said so, and asked again', async () => {
  let bad = 1
  fake.answer = (deal) => (bad-- > 0 ? { ...deal, offers: [{ offer: 'one' }] } : deal)
  const loaded = room.deal.load()
  await seconds(0.1)
  expect(room.deal.state).toMatchObject({ loaded: false, error: { code: 'server.unavailable' } })
  await seconds(10)
  await loaded
  expect(room.deal.state).toMatchObject({ loaded: true, error: null })
})

test('N6 what is not there is final until somebody asks again, or the connection is a new one', async () => {
  fake.refusing = 'resource.notFound'
  const loaded = room.deal.load()
  await seconds(0.1)
  await expect(loaded).rejects.toMatchObject({ code: 'resource.notFound' })
  const live = room.join()
  await seconds(0.1)
  await expect(live).rejects.toMatchObject({ code: 'resource.notFound' })
  fake.tell(fake.log.hear())
  await seconds(30)
  expect(fake.asked).toHaveLength(2)
  fake.refusing = null
  fake.creator.cut()
  await seconds(10)
  expect(room.deal.state.loaded).toBe(true)
})

test('N6 a room that is about no application has no deal', async () => {
  parley.close()
  fake = new FakeDeal({ isSubmitted: false })
  parley = clientOf('creator')
  const bare = dealRoom(parley, roomId)
  const loaded = bare.deal.load()
  const order = bare.offers.propose(someTerms())
  await seconds(0.1)
  await expect(loaded).rejects.toMatchObject({ code: 'resource.notFound' })
  await expect(order).rejects.toMatchObject({ code: 'resource.notFound' })
  expect(fake.asked).toEqual([])
})

test('N7 a proposal shows at once, as pending, and is settled when the log has it', async () => {
  await joined()
  const { nonce: _, ...terms } = someTerms()
  const done = room.offers.propose(terms, { validUntil: new Date(Date.now() + 60_000) })
  expect(room.offers.open).toMatchObject({
    offer: 1,
    by: 'creator',
    member: me,
    state: 'proposed',
    seq: null,
    hash: null,
    pending: 'propose',
  })
  expect(room.deal.state).toMatchObject({ waiting: 1, deal: { state: 'negotiating' } })
  expect(room.offers.open?.terms.nonce).toMatch(/^[0-9a-f]{32}$/)
  expect(room.deal.nextMoves()).toMatchObject({ propose: false, offer: ['withdraw'] })
  await seconds(0.1)
  const place = await done
  expect(place).toMatchObject({ offer: 1, hash: hashOf(room.offers.open!.terms), state: 'negotiating' })
  expect(room.offers.open).toMatchObject({ seq: place.seq, hash: place.hash, pending: null })
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(room.deal.state.waiting).toBe(0)
})

test('N7 all that is done to work, payments and the whole shows at once', async () => {
  await joined()
  await agreed()
  void room.deliverables.submit(1, { links: ['https://example.com/1'], note: 'First' })
  void room.milestones.invoice(1)
  void room.offers.comment(1, 'fee', 'Thanks')
  void room.deal.requestCancel('Ill')
  const now = room.deal.state
  expect(now).toMatchObject({ waiting: 4, deal: { state: 'delivering+creator', version: 5, pending: 'cancel.request' } })
  expect(room.deliverables.all[0]).toMatchObject({
    state: 'submitted',
    submitted: null,
    links: ['https://example.com/1'],
    pending: 'submit',
  })
  expect(room.milestones.all[0]).toMatchObject({ state: 'invoiced', moved: null, pending: 'invoice' })
  expect(room.offers.comments).toMatchObject([{ text: 'Thanks', seq: null, pending: true }])
  expect(room.deal.nextMoves().cancel).toEqual(['cancel.revoke'])
  await seconds(0.1)
  expect(room.deal.state).toMatchObject({ waiting: 0 })
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(room.deal.state.deal?.state).toBe('delivering+creator')
})

test('N8 an acceptance is an agreement, so it is shown as one only once the hub has said so', async () => {
  await joined()
  fake.do('brand', 'offer.propose', { terms: someTerms() })
  await seconds(0.1)
  expect(room.deal.nextMoves().offer).toEqual(['counter', 'accept', 'decline'])
  const done = room.offers.accept(room.offers.open!)
  expect(room.offers.open).toMatchObject({ state: 'proposed', pending: 'accept' })
  expect(room.deal.state.deal).toMatchObject({ state: 'negotiating', binding: null })
  expect(room.deal.nextMoves().offer).toEqual([])
  await hashed()
  expect(await done).toMatchObject({ offer: 1, state: 'agreed' })
  expect(room.offers.binding).toMatchObject({ offer: 1, state: 'accepted', pending: null })
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N8 what is accepted is what is shown: other terms than those of the hash are sent to nobody', async () => {
  await joined()
  fake.do('brand', 'offer.propose', { terms: someTerms() })
  await seconds(0.1)
  const { open } = room.offers
  const other = { ...open!, terms: { ...open!.terms, fee: { amount: 1, currency: 'EUR' } } }
  const sent = fake.creator.commands.length
  const done = room.offers.accept(other)
  await hashed()
  await expect(done).rejects.toMatchObject({ code: 'offer.otherTerms' })
  expect(fake.creator.commands).toHaveLength(sent)
  expect(room.offers.open).toEqual(open)
})

test('N9 what is refused is shown as it was, and rejects with the reason; what was about it goes with it', async () => {
  await joined()
  const before = room.deal.state
  fake.refuse = (name) => (name === 'offer.propose' ? 'rate.limited' : null)
  const orders = [
    room.offers.propose(someTerms()),
    room.offers.comment(1, 'fee', 'A first idea'),
    room.offers.withdraw(1),
    room.offers.comment(9, 'fee', 'Of nothing'),
  ]
  expect(room.offers.all).toMatchObject([{ offer: 1, state: 'withdrawn', pending: 'withdraw' }])
  expect(room.offers.comments).toHaveLength(1)
  await seconds(0.1)
  const codes = (await Promise.allSettled(orders)).map((one) => (one.status === 'rejected' ? one.reason.code : one.value))
  expect(codes).toEqual(['rate.limited', 'resource.notFound', 'resource.notFound', 'resource.notFound'])
  expect(room.deal.state).toEqual(before)
  expect(fake.creator.commands.filter(({ name }) => name === 'offer.withdraw')).toEqual([])
})

test('N9 what the rules do not allow is not shown as done; the hub decides', async () => {
  await joined()
  fake.do('brand', 'offer.propose', { terms: someTerms() })
  await seconds(0.1)
  const orders = [room.offers.withdraw(1), room.offers.propose(someTerms()), room.milestones.pay(1), room.deliverables.approve(1)]
  expect(room.offers.all).toMatchObject([{ state: 'proposed', pending: 'withdraw' }])
  await seconds(0.1)
  const codes = (await Promise.allSettled(orders)).map((one) => one.status === 'rejected' && one.reason.code)
  expect(codes).toEqual(['offer.notOwn', 'offer.exists', 'resource.notFound', 'resource.notFound'])
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N10 orders go in order, again after a lost connection under the same id, and each has one effect', async () => {
  await joined()
  const ids = () =>
    fake.creator.commands.flatMap(({ name, input }) => (name.startsWith('offer.') ? [(input as { commandId: string }).commandId] : []))
  fake.creator.network = (what) => (what === 'reply' ? [] : [1])
  const first = room.offers.propose(someTerms())
  const second = room.offers.comment(1, 'fee', 'As we said')
  await seconds(0.1)
  expect(fake.deal?.offers).toHaveLength(1)
  expect(room.offers.all).toMatchObject([{ offer: 1, pending: null }]) // the log has told it, though the answer is lost
  expect(room.deal.state.waiting).toBe(2)
  expect(room.offers.comments).toMatchObject([{ text: 'As we said', pending: true }])
  fake.creator.network = () => [1]
  fake.creator.cut()
  await seconds(10)
  expect([await first, await second]).toMatchObject([{ offer: 1 }, { offer: 1 }])
  expect(new Set(ids()).size).toBe(2)
  expect(ids().length).toBeGreaterThan(2)
  expect(shownOf(room)).toEqual(toldBy(fake))
  expect(fake.deal).toMatchObject({ offers: [{}], comments: [{}] })
})

test('N10 what the log has told is shown once, though the answer is still to come', async () => {
  fake.do('brand', 'offer.propose', { terms: someTerms() })
  await joined()
  fake.creator.network = (what) => (what === 'reply' ? [5_000] : [1])
  const said = room.offers.comment(1, 'fee', 'A little more?')
  await seconds(0.1)
  expect(room.deal.state.waiting).toBe(1)
  expect(room.offers.comments).toMatchObject([{ text: 'A little more?', pending: false }])
  await seconds(5)
  await said
  const done = room.offers.accept(1)
  await hashed()
  expect(room.deal.state.waiting).toBe(1)
  expect(room.offers.binding).toMatchObject({ state: 'accepted', pending: null })
  await seconds(5)
  await done
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N10 a version that was answered, and that the log has not told yet, can be done something with', async () => {
  await joined()
  fake.creator.network = (what) => (what === 'frame' ? [2_000] : [1])
  void room.offers.propose(someTerms())
  await seconds(0.1)
  expect(room.offers.all).toMatchObject([{ offer: 1, pending: 'propose' }])
  const done = room.offers.withdraw(room.offers.open!)
  expect(room.offers.all).toMatchObject([{ offer: 1, state: 'withdrawn', pending: 'withdraw' }])
  await seconds(5)
  expect(await done).toMatchObject({ offer: 1 })
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N10 an order is done once the deal has it: whoever waits for it finds it there', async () => {
  await joined()
  fake.creator.network = (what) => (what === 'frame' ? [2_000] : [1])
  let done = false
  const said = room.offers.propose(someTerms()).then((place) => {
    done = true
    expect(room.offers.open).toMatchObject({ offer: place.offer, hash: place.hash, pending: null })
  })
  await seconds(1)
  expect(done).toBe(false)
  await seconds(2)
  await said
})

test('N10 what was told while the deal is being read again stays shown as on its way until it is there', async () => {
  fake.do('brand', 'offer.propose', { terms: someTerms() })
  await joined()
  fake.creator.cut()
  for (let i = 0; i < 40; i++) fake.log.hear()
  fake.latency = 20_000
  await seconds(5)
  expect(room.state.status).toBe('live') // by a snapshot
  const said = room.offers.comment(1, 'fee', 'A little more?')
  await seconds(1)
  expect(room.offers.comments).toMatchObject([{ text: 'A little more?', pending: true }])
  await seconds(30)
  expect(await said).toMatchObject({ offer: 1 })
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N10 orders wait for the deal, those from before it was read first, and for the connection', async () => {
  fake.latency = 200
  const first = room.offers.propose(someTerms({ clauses: ['first'] }))
  await seconds(0.1)
  const second = room.offers.comment(1, 'clauses', 'Of the first', 0)
  expect(room.deal.state.loaded).toBe(false)
  await seconds(0.15)
  expect(room.offers.all).toMatchObject([{ terms: { clauses: ['first'] } }])
  await seconds(0.1)
  expect([await first, await second]).toMatchObject([{ offer: 1 }, { offer: 1 }])
  fake.creator.cut()
  const third = room.offers.withdraw(1)
  expect(room.offers.all).toMatchObject([{ state: 'withdrawn', pending: 'withdraw' }])
  await seconds(10)
  expect(await third).toMatchObject({ offer: 1 })
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N10 an amendment is based on what binds, unless it says otherwise', async () => {
  await joined()
  await agreed()
  const done = room.offers.propose(someTerms({ fee: { amount: 90_000, currency: 'EUR' }, revisionRounds: 2 }))
  expect(room.offers.open).toMatchObject({ offer: 2, basedOn: 1 })
  await seconds(0.1)
  await done
  expect(room.offers.diff(1, 2)).toEqual([{ term: 'revisionRounds', item: null, before: 1, after: 2 }])
  expect(room.offers.diff(room.offers.binding!, room.offers.open!)).toHaveLength(1)
  expect(() => room.offers.diff(1, 7)).toThrow(expect.objectContaining({ code: 'resource.notFound' }))
  const wrong = room.offers.propose(someTerms(), { basedOn: null })
  await seconds(0.1)
  await expect(wrong).rejects.toMatchObject({ code: 'offer.exists' })
})

test('N10 a review is of the submission that was shown: of an older one it is stale', async () => {
  const brand = clientOf('brand')
  try {
    const its = dealRoom(brand, roomId)
    await agreed()
    fake.do('creator', 'deliverable.submit', { deliverable: 1, links: ['https://example.com/1'] })
    const loaded = its.deal.load()
    await seconds(0.1)
    await loaded
    const [seen] = its.deliverables.all
    fake.do('brand', 'deliverable.review', { deliverable: 1, submitted: seen!.submitted, move: 'requestRevision' })
    fake.do('creator', 'deliverable.submit', { deliverable: 1, links: ['https://example.com/2'] })
    await seconds(0.1)
    const stale = its.deliverables.approve(seen!)
    expect(its.deliverables.all[0]).toMatchObject({ state: 'submitted', pending: 'approve' })
    const good = its.deliverables.approve(1, 'Lovely')
    expect(its.deliverables.all[0]).toMatchObject({ state: 'approved', note: 'Lovely', pending: 'approve' })
    await seconds(0.1)
    await expect(stale).rejects.toMatchObject({ code: 'resource.stale' })
    expect(await good).toMatchObject({ state: 'delivering' })
    expect(its.deliverables.all).toMatchObject([{ state: 'approved', note: 'Lovely' }, { state: 'due' }])
  } finally {
    brand.close()
  }
})

test('N10 an answer that says nothing is none: the order goes again', async () => {
  await joined()
  const { intercept } = fake.creator
  let bad = 1
  fake.creator.intercept = (name, input) => {
    const reply = intercept(name, input)
    return name === 'offer.propose' && bad-- > 0 ? { ok: true, data: null } : reply
  }
  const done = room.offers.propose(someTerms())
  await seconds(10)
  expect(await done).toMatchObject({ offer: 1 })
  expect(fake.deal?.offers).toHaveLength(1)
})

test('N11 whatever waits is settled when the room is left, and when the client is closed', async () => {
  await joined()
  fake.creator.network = () => []
  const orders = [room.offers.propose(someTerms()), room.offers.withdraw(1)]
  const left = room.leave()
  for (const order of orders) await expect(order).rejects.toMatchObject({ code: 'client.closed' })
  expect(room.offers.all).toEqual([])
  await expect(room.offers.withdraw(1)).rejects.toMatchObject({ code: 'client.closed' })
  await expect(room.deal.load()).rejects.toMatchObject({ code: 'client.closed' })
  await seconds(30)
  await left
  const again = dealRoom(parley, roomId)
  const loading = again.deal.load()
  const order = again.offers.propose(someTerms())
  parley.close()
  await expect(loading).rejects.toMatchObject({ code: 'client.closed' })
  await expect(order).rejects.toMatchObject({ code: 'client.closed' })
})

test('N11 who was removed and is let in again goes on, with the deal as it is then', async () => {
  await joined()
  fake.creator.remove()
  await seconds(0.1)
  expect(room.state.status).toBe('removed')
  await expect(room.offers.propose(someTerms())).rejects.toMatchObject({ code: 'resource.notFound' })
  await agreed()
  expect(room.offers.all).toEqual([])
  const live = room.join()
  await seconds(1)
  await live
  expect(shownOf(room)).toEqual(toldBy(fake))
})

test('N12 the story, the agreement, their pages and the proof are read as they are', async () => {
  await joined()
  const asked = [
    room.deal.timeline({ cursor: 'c', limit: 5 }),
    room.deal.page('agreement'),
    room.deal.page('timeline'),
    room.deal.proof().then((file) => file.text()),
  ]
  const agreement = room.deal.agreement()
  await seconds(0.1)
  expect(await Promise.all(asked)).toEqual([
    { items: [], cursor: null },
    `<p>/api/v1/applications/${applicationId}/agreement.html`,
    `<p>/api/v1/rooms/${roomId}/timeline.html`,
    `<p>/api/v1/rooms/${roomId}/proof`,
  ])
  await expect(agreement).rejects.toMatchObject({ code: 'server.unavailable' }) // it has not the shape of one
  expect(fake.asked).toContain(`/rooms/${roomId}/timeline?cursor=c&limit=5`)
})
