import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type ApplicationId,
  type ApplicationState,
  type CampaignId,
  type Envelope,
  type EventName,
  events,
  newId,
  type RoomId,
} from '../client-sdk/contract/index.ts'
import { isOfSlowWork, type Order, ordersOf, type Subjects } from './orders.ts'

const [room, campaignRoom, notes] = [newId<RoomId>(), newId<RoomId>(), newId<RoomId>()]
const [applicationId, campaignId] = [newId<ApplicationId>(), newId<CampaignId>()]
const subjects: Subjects = new Map([
  [room, { applicationId, campaignId, offer: 2 }],
  [campaignRoom, { applicationId: null, campaignId, offer: null }],
])
const event = (type: EventName, deal: object | null = null, roomId = room): Envelope =>
  ({
    roomId,
    seq: 1,
    id: newId(),
    type,
    version: 1,
    actor: newId(),
    at: '2026-11-21T12:00:00.000Z',
    data: { deal, personal: null },
  }) as never
const moved = (from: ApplicationState, to: ApplicationState) => event('application.statusChanged', { move: 'x', from, to, version: 2 })
/** As `kind`, `offer 2` or `offer 2!`, where `!` is one that begins a run that there was not. */
const said = (orders: readonly Order[]) =>
  orders.map((order) => `${order.kind}${order.kind === 'offer' ? ` ${order.offer}` : ''}${order.begins ? '!' : ''}`).toSorted()
const of = (one: Envelope) => said(ordersOf(one, subjects))

const table: [Envelope, string[]][] = [
  [event('application.submitted', { applicationId, campaignId }), ['application!']],
  [moved('submitted', 'shortlisted'), ['application!']],
  [moved('submitted', 'negotiating'), ['application!']],
  [moved('negotiating', 'agreed'), ['application!', 'deliverables!']],
  [moved('agreed', 'agreed+brand'), ['application!', 'deliverables!']],
  [moved('agreed+creator', 'cancelled'), ['application!', 'campaign!', 'deliverables!', 'offer 2']],
  [moved('agreed', 'delivering'), ['application!', 'deliverables!']],
  [moved('delivering+brand', 'completed'), ['application!', 'campaign!', 'deliverables!', 'offer 2']],
  ...(['declined', 'withdrawn', 'expired'] as const).map((to): [Envelope, string[]] => [
    moved('negotiating', to),
    ['application!', 'campaign!', 'offer 2'],
  ]),
  [event('offer.proposed', { offer: 1 }), ['offer 1!']],
  [event('offer.proposed', { offer: 3 }), ['offer 2', 'offer 3!']],
  [event('offer.accepted', { offer: 3 }), ['deliverables!', 'offer 3']],
  ...(['offer.declined', 'offer.withdrawn', 'offer.expired'] as const).map((type): [Envelope, string[]] => [
    event(type, { offer: 2 }),
    ['application!', 'offer 2'],
  ]),
  [event('deliverable.statusChanged', { deliverable: 1 }), ['deliverables!']],
  ...(['campaign.created', 'campaign.changed', 'campaign.statusChanged', 'campaign.notOpened'] as const).map(
    (type): [Envelope, string[]] => [event(type, {}, campaignRoom), ['campaign!']],
  ),
]

test.each(table.map(([one, orders]) => [one.type, JSON.stringify(one.data.deal), one, orders] as const))(
  '%s %s concerns its runs',
  (_type, _deal, one, orders) => {
    expect(of(one)).toEqual(orders)
  },
)

test('every other type concerns none, and nor does what an unknown version wrote', () => {
  const known = new Set(table.map(([{ type }]) => type))
  const others = (Object.keys(events) as EventName[]).filter((type) => !known.has(type))
  expect(others.length).toBeGreaterThan(25)
  for (const type of [...others, 'offer.haggled', 'toString'] as EventName[]) {
    expect([type, isOfSlowWork(event(type)), of(event(type, {})), of(event(type, {}, campaignRoom))]).toEqual([type, false, [], []])
  }
})

test('an application that ends without ever having had terms concerns no offer', () => {
  const without: Subjects = new Map([[room, { applicationId, campaignId, offer: null }]])
  expect(said(ordersOf(moved('submitted', 'declined'), without))).toEqual(['application!', 'campaign!'])
})

test('in a room of nothing that slow work is about, nothing is ordered', () => {
  for (const [{ type, data }] of table) expect(of(event(type, data.deal, notes))).toEqual([])
})

test('whatever is told twice, and in whichever order, the same runs begin', () => {
  const runs = (told: readonly Envelope[]) =>
    new Set(told.flatMap((one) => ordersOf(one, subjects).flatMap((order) => (order.begins ? said([order]) : []))))
  const any = fc.subarray(
    table.map(([one]) => one),
    { minLength: 1 },
  )
  const again = any.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length })))
  fc.assert(
    fc.property(again, ([all, told]) => {
      const missing = all.filter((one) => !told.includes(one))
      expect(runs([...told, ...missing])).toEqual(runs(all))
    }),
  )
})

test('each run that an event only signals was begun by an event before it, of the same room', () => {
  for (const number of [1, 2, 3]) {
    const proposals = Array.from({ length: number }, (_, i) => event('offer.proposed', { offer: i + 1 })).flatMap(of)
    for (const type of ['offer.accepted', 'offer.declined', 'offer.withdrawn', 'offer.expired'] as const)
      for (const order of of(event(type, { offer: number })))
        expect([...proposals, 'deliverables!', 'application!']).toContain(order.replace(/!?$/, '!'))
  }
})
