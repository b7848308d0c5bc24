import fc from 'fast-check'
import type { Actor, KitName, Model, Order } from './testing-model.ts'
import { play } from './testing-model-play.ts'

/** What somebody is to do: in the eyes of whoever knows how the deal stood before the round. `likely`: the nth thing that would be possible then. */
export type Act =
  | { do: 'likely'; n: number }
  | { do: 'propose'; kit: KitName; until: Until; isBased: boolean }
  | { do: 'counter'; which: Which; kit: KitName; until: Until }
  | { do: 'accept'; which: Which; isHash: boolean; isProved: boolean }
  | { do: 'decline' | 'withdraw' | 'comment'; which: Which }
  | { do: 'submit'; piece: number }
  | { do: 'review'; piece: number; move: 'approve' | 'requestRevision' | 'dispute'; isStale: boolean }
  | { do: 'pay'; part: number; move: 'invoice' | 'pay' | 'confirm' | 'dispute' }
  | { do: 'move'; move: Extract<Order, { do: 'move' }>['move']; isStale: boolean }
  | Extract<Order, { do: 'resolve' | 'sweep' | 'deadline' | 'wait' }>
type Until = 'none' | 'soon' | 'later' | 'over'
type Which = 'latest' | 'before' | 'none'
/** What each does at the same time as the others. `isTwice`: sent twice at once. */
export type Round = Partial<Record<Actor, { act: Act; isTwice: boolean }>>
/** `withTerms`: the application comes with some. */
export type Story = { withTerms: boolean; rounds: Round[] }

const rarely = fc.noBias(fc.integer({ min: 0, max: 7 })).map((n) => n === 7) // 0 is what failures shrink to
const mostly = rarely.map((is) => !is)
const which = fc.constantFrom<Which>('latest', 'latest', 'latest', 'before', 'none')
const kit = fc.constantFrom<KitName>('one', 'one', 'two', 'mixed', 'dear', 'dear', 'other', 'dollars', 'overdue', 'unknown')
const until = fc.constantFrom<Until>('none', 'none', 'later', 'soon', 'soon', 'over')
const piece = fc.integer({ min: 1, max: 3 })
const is = <D extends string>(name: D) => fc.constant(name)

const acts = {
  propose: fc.record({ do: is('propose'), kit, until, isBased: mostly }),
  counter: fc.record({ do: is('counter'), which, kit, until }),
  accept: fc.record({ do: is('accept'), which, isHash: mostly, isProved: mostly }),
  close: fc.record({ do: fc.constantFrom('decline', 'withdraw', 'comment'), which }),
  submit: fc.record({ do: is('submit'), piece }),
  review: fc.record({ do: is('review'), piece, move: fc.constantFrom('approve', 'requestRevision', 'dispute'), isStale: rarely }),
  pay: fc.record({ do: is('pay'), part: piece, move: fc.constantFrom('invoice', 'pay', 'confirm', 'dispute') }),
  move: fc.record({
    do: is('move'),
    move: fc.constantFrom('shortlist', 'decline', 'withdraw', 'cancel.request', 'cancel.revoke', 'cancel.confirm'),
    isStale: rarely,
  }),
  resolve: fc.oneof(
    fc.record({ do: is('resolve'), what: is('deliverable'), number: piece, move: fc.constantFrom('approve', 'cancel') }),
    fc.record({ do: is('resolve'), what: is('milestone'), number: piece, move: is('confirm') }),
    fc.record({ do: is('resolve'), what: is('application'), number: fc.constant(null), move: is('cancel') }),
  ),
  likely: fc.record({ do: is('likely'), n: fc.noBias(fc.nat(9_999)) }),
} satisfies Record<string, fc.Arbitrary<Act>>
const { likely, resolve, ...theirs } = acts
const theirAct: fc.Arbitrary<Act> = fc.oneof({ weight: 12, arbitrary: likely }, { weight: 1, arbitrary: resolve }, ...Object.values(theirs))
const adminAct: fc.Arbitrary<Act> = fc.oneof({ weight: 2, arbitrary: likely }, { weight: 3, arbitrary: resolve }, theirs.accept)
const systemAct = fc.record({ do: fc.constantFrom('sweep', 'wait', 'deadline') }) satisfies fc.Arbitrary<Act>
/** In so many rounds of ten. */
const inTen = (chance: number, arbitrary: fc.Arbitrary<Act>) => {
  const its = fc.record({ act: arbitrary, isTwice: rarely })
  return fc.oneof({ weight: 10 - chance, arbitrary: fc.constant(undefined) }, { weight: chance, arbitrary: its })
}
const round: fc.Arbitrary<Round> = fc
  .record({
    owner: inTen(5, theirAct),
    manager: inTen(4, theirAct),
    creator: inTen(8, theirAct),
    viewer: inTen(1, theirAct),
    admin: inTen(3, adminAct),
    system: inTen(2, systemAct),
  })
  .map((acts) => acts as Round)
const one = (who: Actor, act: Act): Round => ({ [who]: { act, isTwice: false } })
const first = (kit: KitName, until: Until = 'none'): Round => one('manager', { do: 'propose', kit, until, isBased: true })
const accepting: Act = { do: 'accept', which: 'latest', isHash: true, isProved: true }
const agreeing = one('creator', accepting)
const handingIn = one('creator', { do: 'submit', piece: 1 })
const invoicing = one('creator', { do: 'pay', part: 1, move: 'invoice' })
const disputing = one('owner', { do: 'review', piece: 1, move: 'dispute', isStale: false })
/** Where stories begin, or most would never come as far as to work and payments. */
const beginning = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Round[]>([]) },
  { weight: 1, arbitrary: fc.constantFrom<KitName>('one', 'dear').map((kit) => [first(kit, 'soon')]) },
  { weight: 1, arbitrary: fc.constantFrom<KitName>('one', 'two').map((kit) => [first(kit), one('system', { do: 'deadline' })]) },
  { weight: 4, arbitrary: fc.constantFrom<KitName>('one', 'two', 'mixed', 'dear').map((kit) => [first(kit), agreeing]) },
  {
    weight: 2,
    arbitrary: fc.constantFrom([handingIn], [invoicing], [handingIn, disputing]).map((more) => [first('one'), agreeing, ...more]),
  },
)
const rounds = fc.array(round, { minLength: 2, maxLength: 7, size: 'max' })
/** Terms that the application came with are the creator’s, and the brand may accept them at once. */
const withOwn = fc.constantFrom<Round[]>(
  [],
  [one('owner', accepting)],
  [one('owner', { do: 'move', move: 'shortlist', isStale: false }), one('manager', accepting)],
)
export const story: fc.Arbitrary<Story> = fc
  .oneof(
    { weight: 5, arbitrary: fc.record({ withTerms: fc.constant(false), beginning, rounds }) },
    { weight: 1, arbitrary: fc.record({ withTerms: fc.constant(true), beginning: withOwn, rounds }) },
  )
  .map(({ withTerms, beginning, rounds }) => ({ withTerms, rounds: [...beginning, ...rounds] }))

const SOON = 40
const DAY = 86_400_000
/** `nonce`: of the terms that are proposed. */
type Making = { now: number; nonce: string }
/** The order that somebody gives who knows of the deal what the model has; undefined where nothing is likely. */
export function orderOf(model: Model, who: Actor, act: Act, { now, nonce }: Making): Order | undefined {
  const last = model.versions.length
  const version = (which: Which) => ({ latest: Math.max(1, last), before: Math.max(1, last - 1), none: 999 })[which]
  const deadline = (until: Until) => ({ none: null, soon: now + SOON, later: now + DAY, over: now - 1_000 })[until]
  const binding = model.pacts.at(-1) ?? null
  switch (act.do) {
    case 'likely':
      return likelyOrders(model, who, { now, nonce }, act.n)
    case 'propose': {
      const basis = act.isBased ? binding : binding === null ? 1 : null
      return { do: 'propose', kit: act.kit, nonce, until: deadline(act.until), basis }
    }
    case 'counter':
      return { do: 'counter', version: version(act.which), kit: act.kit, nonce, until: deadline(act.until) }
    case 'accept': {
      const n = version(act.which)
      return { do: 'accept', version: n, nonce: act.isHash ? (model.versions[n - 1]?.nonce ?? null) : null, isProved: act.isProved }
    }
    case 'decline':
    case 'withdraw':
    case 'comment':
      return { do: act.do, version: version(act.which) }
    case 'review': {
      const sent = model.pieces[act.piece - 1]?.sent ?? 1
      return { do: 'review', piece: act.piece, move: act.move, sent: act.isStale ? sent - 1 || 1 : sent }
    }
    case 'move':
      return { do: 'move', move: act.move, changes: act.isStale ? Math.max(1, model.changes - 1) : model.changes }
    default:
      return act
  }
}

/** The nth of what would be possible. */
function likelyOrders(model: Model, who: Actor, making: Making, n: number): Order | undefined {
  const numbers = [1, 2, 3]
  const acts: Act[] = [
    ...(['one', 'two', 'mixed', 'dear', 'other'] as const).map((kit): Act => ({ do: 'propose', kit, until: 'none', isBased: true })),
    ...(['two', 'dear'] as const).map((kit): Act => ({ do: 'counter', which: 'latest', kit, until: 'soon' })),
    { do: 'accept', which: 'latest', isHash: true, isProved: true },
    { do: 'accept', which: 'latest', isHash: true, isProved: true },
    ...(['decline', 'withdraw', 'comment'] as const).map((its): Act => ({ do: its, which: 'latest' })),
    ...numbers.flatMap((piece): Act[] => [
      { do: 'submit', piece },
      { do: 'submit', piece },
      ...(['approve', 'approve', 'requestRevision', 'dispute'] as const).map(
        (move): Act => ({ do: 'review', piece, move, isStale: false }),
      ),
      ...(['invoice', 'pay', 'confirm', 'dispute'] as const).map((move): Act => ({ do: 'pay', part: piece, move })),
      ...(['approve', 'cancel'] as const).map((move): Act => ({ do: 'resolve', what: 'deliverable', number: piece, move })),
      { do: 'resolve', what: 'milestone', number: piece, move: 'confirm' },
    ]),
    ...(['shortlist', 'cancel.request', 'cancel.revoke', 'cancel.confirm'] as const).map(
      (move): Act => ({ do: 'move', move, isStale: false }),
    ),
    { do: 'resolve', what: 'application', number: null, move: 'cancel' },
  ]
  const orders = acts.flatMap((act) => {
    const order = orderOf(model, who, act, making)
    return order && play(model, who, order, making.now).no.length === 0 ? [order] : []
  })
  return orders[n % Math.max(1, orders.length)]
}
