import type { TermChange } from '../client-sdk/contract/offers/diff.ts'
import { type DealRoom, dealRoom } from '../client-sdk/src/deal/deal.ts'
import type { NewTerms } from '../client-sdk/src/deal/offers.ts'
import { connect, type Parley, type SignedIn, signIn } from '../client-sdk/src/index.ts'
import { openMarket } from '../client-sdk/src/market/market.ts'
import { DEMO_PASSWORD, people, type Who } from '../server/embedded/demo/people.ts'
import { dim, tell } from './demo-screen.ts'

/** Somebody of the demo, signed in. */
export type Player = { name: string; me: SignedIn; parley: Parley }
export async function player(server: string, who: Who): Promise<Player> {
  const { email, name } = people[who]
  const me = await signIn(server, { email, password: DEMO_PASSWORD })
  return { name: name.split(' ')[0]!, me, parley: connect({ url: server, getToken: me.getToken }) }
}

const DAY = 86_400_000
const after = (days: number) => new Date(Date.now() + days * DAY).toISOString()
/** A campaign of this run’s own, an application to it, and that it is looked at again. Where they meet. */
export async function meet(nora: Player, aiko: Player): Promise<{ roomId: string; applicationId: string }> {
  const [brand, creator] = [openMarket(nora.parley), openMarket(aiko.parley)]
  const mine = brand.brands.mine()
  await mine.load()
  const draft = await brand.campaigns.create(mine.state.items[0]!.brandId, {
    title: 'First Snow, First Cup',
    brief: 'The first cup on the first day of snow.',
    platforms: ['instagram'],
    applyBy: after(7),
    decideBy: after(14),
  })
  await brand.campaigns.publish(draft)
  tell(nora.name, 'publishes the campaign “First Snow, First Cup”')
  const application = await creator.applications.submit(draft.campaignId, { cover: 'It snowed here last night.' })
  tell(aiko.name, 'applies')
  const { state } = await brand.applications.shortlist(application)
  tell(nora.name, `looks at her again: ${state}`)
  return application
}

const terms = (euros: number, stills: number): NewTerms => ({
  fee: { amount: euros * 100, currency: 'EUR' },
  deliverables: [
    { platform: 'instagram', format: 'Reel, 40 s', count: 1, due: after(20).slice(0, 10) },
    { platform: 'instagram', format: 'Still', count: stills, due: after(20).slice(0, 10) },
  ] as NewTerms['deliverables'],
  usage: { channels: ['Own channels'], territories: ['001'], months: 6 },
  exclusivity: null,
  revisionRounds: 1,
  payments: [
    { amount: euros * 50, due: 'onAgreement' },
    { amount: euros * 50, due: 'onApproval' },
  ],
  clauses: ['The cup is in the frame.'],
})

const plain = (value: unknown): string => (value === null ? '–' : JSON.stringify(value).replace(/["{}]/g, '').replace(/[:,]/g, '$& '))
const changed = ({ term, before, after }: TermChange) => `${term}: ${plain(before)} → ${plain(after)}`

/** From the first offer to the last payment. */
export async function deal(nora: Player, aiko: Player, roomId: string): Promise<DealRoom> {
  const [hers, theirs] = await Promise.all([dealRoom(nora.parley, roomId).join(), dealRoom(aiko.parley, roomId).join()])
  await agree({ ...nora, room: hers }, { ...aiko, room: theirs })
  await work({ ...nora, room: hers }, { ...aiko, room: theirs })
  return hers
}
type Party = Player & { room: DealRoom }

async function agree(nora: Party, aiko: Party): Promise<void> {
  const first = await nora.room.offers.propose(terms(1_000, 1))
  tell(nora.name, `offers version ${first.offer}: 1,000.00 EUR for a reel and a still`)
  await heard(aiko, first.seq)
  await aiko.room.offers.comment(first.offer, 'fee', 'With three stills it would be 1,200.')
  tell(aiko.name, 'comments on its fee: “With three stills it would be 1,200.”')
  const second = await aiko.room.offers.counter(first.offer, terms(1_200, 3))
  tell(aiko.name, `counters with version ${second.offer}`)
  await heard(nora, second.seq)
  for (const change of nora.room.offers.diff(first.offer, second.offer)) tell(`${nora.name}'s screen`, dim(changed(change)))
  const { until } = await nora.me.stepUp(DEMO_PASSWORD)
  tell(nora.name, `gives her password again: until ${until.slice(11, 16)} UTC she may bind her brand`)
  const { state } = await nora.room.offers.accept(nora.room.offers.open!)
  tell(nora.name, `accepts the terms ${second.hash.slice(0, 12)}…: the application is ${state}`)
  await heard(aiko, nora.room.state.rev)
}

async function work(nora: Party, aiko: Party): Promise<void> {
  await pay(nora, aiko, 1)
  const pieces = aiko.room.deliverables.all
  for (const { deliverable } of pieces) {
    const { seq } = await aiko.room.deliverables.submit(deliverable, { links: [`https://example.com/aiko/${deliverable}`] })
    await heard(nora, seq)
  }
  tell(aiko.name, `hands in ${pieces.length} pieces of work`)
  const asked = await nora.room.deliverables.requestRevision(1, 'More steam, please.')
  tell(nora.name, 'asks for a revision of the first: “More steam, please.”')
  await heard(aiko, asked.seq)
  const again = await aiko.room.deliverables.submit(1, { links: ['https://example.com/aiko/1-steam'] })
  tell(aiko.name, 'hands it in again')
  await heard(nora, again.seq)
  for (const { deliverable } of pieces) await nora.room.deliverables.approve(deliverable)
  tell(nora.name, `approves all ${pieces.length}: the deal is ${nora.room.deal.state.deal!.state}`)
  await heard(aiko, nora.room.state.rev)
  await pay(nora, aiko, 2)
}

async function pay(nora: Party, aiko: Party, milestone: number): Promise<void> {
  const invoiced = await aiko.room.milestones.invoice(milestone)
  await heard(nora, invoiced.seq)
  const paid = await nora.room.milestones.pay(milestone)
  await heard(aiko, paid.seq)
  const { seq } = await aiko.room.milestones.confirm(milestone)
  await heard(nora, seq)
  tell('both', `say of payment ${milestone}: invoiced, paid, received ${dim('(Parley moves no money)')}`)
}

/** Until this is on their screen. */
function heard({ name, room }: Party, seq: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => room.state.rev >= seq && room.deal.state.loaded && resolve()
  const stops = [room.subscribe(look), room.deal.subscribe(look)]
  const timer = setTimeout(() => reject(new Error(`${name} did not hear of #${seq}`)), 30_000)
  look()
  return promise.finally(() => {
    clearTimeout(timer)
    for (const stop of stops) stop()
  })
}
