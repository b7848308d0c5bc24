import type pg from 'pg'
import type { ErrorCode, Session } from '../../client-sdk/contract/index.ts'
import { moveApplication } from '../applications/move-application.ts'
import { openCampaign, pass } from '../applications/testing.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { accept, agreed, counter, type Parties, parties, propose, someTerms } from '../deals/testing.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { closeOffer, lapsing } from './testing.ts'

/** Deals as they may stand, each made once: what is refused changes none of them. */
export type Scenes = Awaited<ReturnType<typeof scenes>>
export async function scenes(w: World, superuser: pg.Client) {
  const deal = async (after: (its: Parties) => Promise<unknown>) => {
    const its = await parties(w)
    const { hash } = await propose(w, its.campaign.manager, its)
    await after(its)
    return { ...its, hash }
  }
  const binding = await deal(async () => {})
  await accept(w, binding.creator, binding, { offer: 1, hash: binding.hash })
  return {
    fresh: await parties(w),
    open: await deal(async () => {}),
    countered: await deal((its) => counter(w, its.creator, its, 1)),
    binding,
    amended: await amended(w),
    declined: await deal((its) => closeOffer(w, 'decline', its.creator, its, 1)),
    withdrawn: await deal((its) => closeOffer(w, 'withdraw', its.campaign.owner, its, 1)),
    lapsed: await lapsing(w),
    over: await deal((its) =>
      moveApplication(w.as(its.creator), { commandId: commandId(), applicationId: its.applicationId, version: 2, move: 'withdraw' }),
    ),
    cancelled: await deal(({ campaign: { owner, campaignId } }) =>
      moveCampaign(w.as(owner), { commandId: commandId(), campaignId, version: 2, move: 'cancel', reason: 'No budget' }),
    ),
    late: await deal(({ campaign }) => pass(superuser, campaign.campaignId, 'decide_by')),
    without: await deal(({ campaign: { owner, brandId, manager } }) =>
      removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId }),
    ),
    campaign: { campaign: await openCampaign(w), creator: await w.person() },
    stranger: await w.person(),
  }
}
async function amended(w: World): Promise<Parties & { hash: string }> {
  const its = await agreed(w)
  const { hash } = await propose(w, its.creator, its, { basedOn: 1 })
  return { ...its, hash }
}

type Offering = 'propose' | 'counter' | 'accept' | 'decline' | 'withdraw' | 'comment'
export type Order = { command: `offer.${Offering}` | 'application.submit'; input: Record<string, unknown> }
export type Refused = { code: ErrorCode; what: string; by: (s: Scenes) => TestPerson; order: (s: Scenes) => Order; isOld?: boolean }
type DealScene = 'fresh' | 'open' | 'countered' | 'binding' | 'amended' | 'declined' | 'withdrawn' | 'lapsed' | 'over' | 'cancelled'
type Scene = DealScene | 'late' | 'without'
type Side = 'creator' | 'owner' | 'manager' | 'viewer' | 'stranger'

const who = (scene: Scene, side: Side) => (s: Scenes) =>
  side === 'stranger' ? s.stranger : side === 'creator' ? s[scene].creator : s[scene].campaign[side]
const hashOf = (s: Scenes, scene: Scene) => (scene === 'fresh' ? '0'.repeat(64) : s[scene].hash)
const orders: Record<Offering, (s: Scenes, scene: Scene) => Record<string, unknown>> = {
  propose: () => ({ terms: someTerms() }),
  counter: () => ({ offer: 1, terms: someTerms() }),
  accept: (s, scene) => ({ offer: scene === 'amended' ? 2 : 1, hash: hashOf(s, scene) }),
  decline: () => ({ offer: 1, reason: 'No' }),
  withdraw: () => ({ offer: 1 }),
  comment: () => ({ offer: 1, term: 'fee', text: 'Too little' }),
}
/** Somebody's order in a scene, as it would be good but for what is said. */
const refused = (code: ErrorCode, scene: Scene, side: Side, offering: Offering, said: Record<string, unknown> = {}): Refused => ({
  code,
  what: `${offering} by ${side} where it is ${scene} ${JSON.stringify(said).slice(0, 60)}`,
  by: who(scene, side),
  order: (s) => ({
    command: `offer.${offering}`,
    input: { commandId: commandId(), applicationId: s[scene].applicationId, ...orders[offering](s, scene), ...said },
  }),
})
const all = ['propose', 'counter', 'accept', 'decline', 'withdraw', 'comment'] as const
const answers = ['counter', 'accept', 'decline', 'withdraw'] as const

/** Orders that are refused for how the deal stands, or for who gives them. */
export const byState: Refused[] = [
  refused('offer.own', 'open', 'manager', 'counter'),
  refused('offer.own', 'open', 'owner', 'counter'),
  refused('offer.own', 'open', 'owner', 'accept'),
  refused('offer.own', 'open', 'manager', 'decline'),
  refused('offer.notOwn', 'open', 'creator', 'withdraw'),
  refused('offer.own', 'amended', 'creator', 'accept'),
  ...answers.map((answer) => refused('offer.countered', 'countered', 'creator', answer)),
  ...answers.map((answer) => refused('offer.accepted', 'binding', 'creator', answer)),
  ...answers.map((answer) => refused('offer.declined', 'declined', 'creator', answer)),
  ...answers.map((answer) => refused('offer.withdrawn', 'withdrawn', 'creator', answer)),
  ...answers.map((answer) => refused('offer.expired', 'lapsed', 'creator', answer)),
  ...answers.map((answer) => refused('offer.expired', 'over', 'creator', answer)),
  ...answers.map((answer) => refused('resource.notFound', 'fresh', 'creator', answer)),
  refused('resource.notFound', 'open', 'creator', 'accept', { offer: 2 }),
  refused('resource.notFound', 'open', 'creator', 'comment', { offer: 1_000 }),
  refused('offer.exists', 'open', 'creator', 'propose'),
  refused('offer.exists', 'open', 'manager', 'propose'),
  refused('offer.notBinding', 'fresh', 'creator', 'propose', { basedOn: 1 }),
  refused('offer.notBinding', 'binding', 'manager', 'propose'),
  refused('offer.notBinding', 'binding', 'manager', 'propose', { basedOn: 2 }),
  refused('terms.badCurrency', 'binding', 'creator', 'propose', {
    basedOn: 1,
    terms: { ...someTerms(), fee: { amount: 90_000, currency: 'USD' } },
  }),
  refused('application.illegalMove', 'over', 'manager', 'propose'),
  ...(['counter', 'accept', 'decline', 'comment'] as const).flatMap((offering) => [
    refused('application.illegalMove', 'cancelled', 'creator', offering),
    refused('deadline.passed', 'late', 'creator', offering),
  ]),
  refused('offer.otherTerms', 'open', 'creator', 'accept', { hash: '0'.repeat(64) }),
  refused('offer.otherTerms', 'amended', 'owner', 'accept', { hash: 'f'.repeat(64) }),
  ...all.flatMap((offering) => [
    refused('access.denied', 'open', 'viewer', offering),
    refused('resource.notFound', 'without', 'manager', offering),
    refused('resource.notFound', 'open', 'stranger', offering),
  ]),
  { ...refused('session.stepUpRequired', 'open', 'creator', 'accept'), isOld: true },
  { ...refused('session.stepUpRequired', 'amended', 'owner', 'accept'), isOld: true },
  ...[0, -1, 1.5, 1_001, 2 ** 53].map((offer) => refused('request.invalid', 'open', 'creator', 'accept', { offer })),
  ...['', 'x', '0'.repeat(63), 'F'.repeat(64), null].map((hash) => refused('request.invalid', 'open', 'creator', 'accept', { hash })),
  ...['', ' ', 'x'.repeat(1_001), '\u0000'].map((reason) => refused('request.invalid', 'open', 'creator', 'decline', { reason })),
  ...['', 'x'.repeat(2_001), null].map((text) => refused('request.invalid', 'open', 'creator', 'comment', { text })),
  refused('request.invalid', 'open', 'creator', 'comment', { term: 'nonce' }),
  refused('request.invalid', 'open', 'creator', 'comment', { item: -1 }),
]

const good = someTerms()
const [piece] = good.deliverables
const manyWords = Array.from({ length: 10 }, () => 'x'.repeat(4_000))
const badTerms: [ErrorCode, object][] = [
  ...[-1, 0.5, 1e12 + 1, 2 ** 53, 1e300, '90000', null].map((amount) => bad('terms.badAmount', { fee: { ...good.fee, amount } })),
  ...[-90_000, 90_000.5, 1e12 + 1].map((amount) => bad('terms.badAmount', { payments: [{ amount, due: 'onApproval' }] })),
  ...['eur', 'XQZ', null].map((currency) => bad('terms.badCurrency', { fee: { ...good.fee, currency } })),
  bad('terms.badCurrency', { payments: [{ amount: 90_000, currency: 'USD', due: 'onApproval' }] }),
  bad('terms.badUnit', { usage: { ...good.usage, territories: ['EU'] } }),
  bad('terms.badUnit', { usage: { ...good.usage, months: 0 } }),
  bad('terms.badUnit', { deliverables: [{ ...piece, count: 0 }] }),
  bad('terms.badUnit', { deliverables: [{ ...piece, platform: 'Not a key' }] }),
  bad('catalogue.unknown', { deliverables: [{ ...piece, platform: 'telegraph' }] }),
  bad('terms.badUnit', { payments: [{ amount: 90_000, due: 'someday' }] }),
  bad('terms.badDate', { deliverables: [{ ...piece, due: '2030-02-30' }] }),
  bad('deadline.passed', { deliverables: [{ ...piece, due: '2020-01-01' }] }),
  bad('terms.badSum', { payments: [{ amount: 89_999, due: 'onApproval' }] }),
  bad('terms.tooLarge', { deliverables: [{ ...piece, count: 101 }] }),
  bad('terms.tooLarge', { deliverables: Array(2).fill({ ...piece, count: 51 }) }),
  bad('terms.tooLarge', { clauses: Array(21).fill('Be kind') }),
  bad('terms.tooLarge', { clauses: ['x'.repeat(4_001)] }),
  bad('terms.tooLarge', { clauses: manyWords }),
  bad('request.invalid', { nonce: 'x' }),
]
function bad(code: ErrorCode, said: object): [ErrorCode, object] {
  return [code, { ...good, ...said }]
}
const badUntil: [ErrorCode, unknown][] = [
  ['deadline.passed', '2020-01-01T00:00:00Z'],
  ['deadline.passed', new Date(0).toISOString()],
  ['terms.badDate', 'tomorrow'],
  ['terms.badDate', 7],
]
const applying = ([code, terms]: [ErrorCode, object]): Refused => ({
  code,
  what: `applying with ${JSON.stringify(terms).slice(0, 200)}`,
  by: (s) => s.campaign.creator,
  order: (s) => ({
    command: 'application.submit',
    input: { commandId: commandId(), campaignId: s.campaign.campaign.campaignId, cover: 'I would love to', terms },
  }),
})
/** Orders that are refused for what they propose, by each way to propose it. */
export const byTerms: Refused[] = [
  ...badTerms.flatMap(([code, terms]) => [
    refused(code, 'fresh', 'creator', 'propose', { terms }),
    refused(code, 'open', 'creator', 'counter', { terms }),
    refused(code, 'binding', 'manager', 'propose', { terms, basedOn: 1 }),
    applying([code, terms]),
  ]),
  ...badUntil.flatMap(([code, validUntil]) => [
    refused(code, 'fresh', 'manager', 'propose', { validUntil }),
    refused(code, 'open', 'creator', 'counter', { validUntil }),
  ]),
]

/** A session of theirs; an old one has proved too long ago who they are. */
export async function sessionFor(w: World, superuser: pg.Client, person: TestPerson, isOld: boolean): Promise<Session> {
  const session = await w.session(person)
  if (isOld) await outdate(superuser, session)
  return session
}
/** As if it had been signed in ten minutes before. */
export const outdate = (superuser: pg.Client, { sessionId }: Pick<Session, 'sessionId'>): Promise<unknown> =>
  superuser.query(`update parley.session set proved_at = clock_timestamp() - interval '10 minutes' where id = $1`, [sessionId])

/** All that an order could leave behind. */
export async function everything({ db }: World): Promise<Record<string, unknown>> {
  const { rows } = await db.pool.query(
    `select (select count(*) from event) as events, (select count(*) from command) as commands,
       (select sum(last_seq + access_version) from stream) as streams, (select count(*) from room) as rooms, (select count(*) from member) as members,
       (select md5(string_agg(a::text, ';' order by a.id)) from application a) as applications,
       (select md5(string_agg(k::text, ';' order by k::text)) from application_count k) as counted`,
  )
  return rows[0]!
}
