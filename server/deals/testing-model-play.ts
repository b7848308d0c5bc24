import type { ErrorCode } from '../../client-sdk/contract/index.ts'
import {
  type Actor,
  isDisputed,
  isOpenPhase,
  isOver,
  isWorking,
  type Kit,
  type KitName,
  kitOf,
  type Model,
  type Order,
  openVersion,
  type Piece,
  pact,
  type Side,
  sideOf,
} from './testing-model.ts'
import { agree, become, cancel, deliver, expireOpen, go, judge, put, sayWhatRanOut, settle, shut, tell } from './testing-model-effects.ts'

/** `no`: every reason against it; any of them may be the answer. `maybe`: a reason that the clock may give. `next`: where it leads otherwise. */
export type Step = { no: ErrorCode[]; maybe: ErrorCode[]; next(): Model }

/** What comes of an order. `end`: in ms, when all of the round was over. */
export function play(model: Model, who: Actor, order: Order, end: number): Step {
  const side = sideOf(who)
  if (order.do === 'sweep' || order.do === 'wait') return yes(() => model)
  if (order.do === 'deadline') return yes(() => ({ ...model, isLate: true }))
  if (order.do === 'resolve') return who === 'admin' ? resolve(model, order) : no('access.denied')
  if (who === 'admin') return no('resource.notFound')
  if (!side || who === 'viewer' || who === 'system') return no('access.denied')
  const step = plays[order.do](model, { who, side, end }, order as never)
  const isShut = model.isLate && isOpenPhase(model)
  return isShut ? { ...step, no: [...step.no, 'deadline.passed'] } : step
}

/** What may happen besides, at any time of a round: that time runs out, and that the sweep says so. */
export function* happenings(model: Model, end: number): Generator<Model> {
  const open = openVersion(model)
  if (open && !model.isPast && open.until !== null && open.until <= end) yield { ...model, isPast: true }
  if (open && model.isPast) yield changed(model, expireOpen)
  if (model.isLate && isOpenPhase(model)) yield changed(model, (m) => become(m, 'system', 'expired'))
}

type By = { who: 'owner' | 'manager' | 'creator'; side: Side; end: number }
type Plays = { [D in Order['do']]: (model: Model, by: By, order: Extract<Order, { do: D }>) => Step }
const plays: Omit<Plays, 'sweep' | 'wait' | 'deadline' | 'resolve'> = {
  propose: (model, { who, side, end }, { kit, nonce, until, basis }) => {
    const reasons = reasonsAgainst(model, kit)
    if (isOver(model)) reasons.push('application.illegalMove')
    if (openVersion(model) && !model.isPast) reasons.push('offer.exists')
    if (basis !== (model.pacts.at(-1) ?? null)) reasons.push('offer.notBinding')
    return { no: reasons, maybe: tooLate(until, end), next: () => changed(model, (m) => put(m, who, { side, kit, nonce, until })) }
  },
  counter: (model, { who, side, end }, { version, kit, nonce, until }) => {
    const reasons = [...againstTouching(model, version), ...reasonsAgainst(model, kit)]
    if (model.versions[version - 1]?.by === side) reasons.push('offer.own')
    const maybe = tooLate(until, end)
    return { no: reasons, maybe, next: () => changed(model, (m) => put(m, who, { side, kit, nonce, until })) }
  },
  accept: (model, { who, side }, { version, nonce, isProved }) => {
    const its = model.versions[version - 1]
    const reasons = againstTouching(model, version)
    if (its?.by === side) reasons.push('offer.own')
    if (its && its.nonce !== nonce) reasons.push('offer.otherTerms')
    if (its) reasons.push(...againstAmending(model, kitOf(its.kit)))
    if (!isProved) reasons.push('session.stepUpRequired')
    return { no: reasons, maybe: [], next: () => changed(model, (m) => agree(m, who, version)) }
  },
  decline: (model, { who, side }, { version }) => {
    const own = model.versions[version - 1]?.by === side ? (['offer.own'] as const) : []
    return { no: [...againstTouching(model, version), ...own], maybe: [], next: () => changed(model, (m) => shut(m, who, 'declined')) }
  },
  withdraw: (model, { who, side }, { version }) => {
    const by = model.versions[version - 1]?.by
    const foreign = by && by !== side ? (['offer.notOwn'] as const) : []
    return { no: [...againstTouching(model, version), ...foreign], maybe: [], next: () => changed(model, (m) => shut(m, who, 'withdrawn')) }
  },
  comment: (model, { who }, { version }) =>
    model.versions[version - 1]
      ? yes(() =>
          changed(model, (m) => {
            sayWhatRanOut(m)
            m.remarks.push(tell(m, who, 'offer.commented'))
          }),
        )
      : no('resource.notFound'),
  submit: (model, { who, side }, { piece }) => {
    if (side === 'brand') return no('access.denied')
    const its = model.pieces[piece - 1]
    const reasons = againstWork(model, its, ['due', 'revisionRequested'])
    return { no: reasons, maybe: [], next: () => changed(model, (m) => deliver(m, who, m.pieces[piece - 1]!)) }
  },
  review: (model, { who, side }, { piece, move, sent }) => {
    if (side === 'creator') return no('access.denied')
    const its = model.pieces[piece - 1]
    const reasons = againstWork(model, its, ['submitted'])
    const left = (pact(model)?.rounds ?? 0) - (its?.asked ?? 0)
    if (its && its.sent !== sent) reasons.push('resource.stale')
    if (move === 'requestRevision' && left <= 0) reasons.push('deliverable.noRounds')
    if (move === 'dispute' && left > 0) reasons.push('deliverable.roundsLeft')
    return { no: reasons, maybe: [], next: () => changed(model, (m) => judge(m, who, m.pieces[piece - 1]!, move)) }
  },
  pay: (model, { who, side }, { part, move }) => {
    const its = model.parts[part - 1]
    if (!its) return no('resource.notFound')
    const from = { invoice: ['due'], pay: ['invoiced'], confirm: ['paid', 'disputed'], dispute: ['paid'] }[move]
    const to = { invoice: 'invoiced', pay: 'paid', confirm: 'confirmed', dispute: 'disputed' } as const
    const reasons: ErrorCode[] = []
    if (!from.includes(its.at) || side !== (move === 'pay' ? 'brand' : 'creator')) reasons.push('milestone.illegalMove')
    const there = model.pieces.filter(({ at }) => at !== 'cancelled')
    const hasCome = {
      onAgreement: true,
      onDelivery: there.every(({ sent }) => sent),
      onApproval: there.every(({ at }) => at === 'approved'),
    }
    if (move === 'invoice' && its.when !== 'onAgreement' && (there.length === 0 || !hasCome[its.when])) reasons.push('milestone.notYet')
    return { no: reasons, maybe: [], next: () => changed(model, (m) => settle(m, who, part, to[move])) }
  },
  move: (model, { who, side }, { move, changes }) => {
    const forSide = { shortlist: 'brand', decline: 'brand', withdraw: 'creator' } as const
    if (move in forSide && forSide[move as keyof typeof forSide] !== side) return no('access.denied')
    const reasons: ErrorCode[] = changes === model.changes ? [] : ['resource.stale']
    const isPossible = {
      shortlist: model.phase === 'submitted',
      decline: isOpenPhase(model),
      withdraw: isOpenPhase(model),
      'cancel.request': isWorking(model) && !model.asking,
      'cancel.revoke': isWorking(model) && model.asking === side,
      'cancel.confirm': isWorking(model) && model.asking !== null && model.asking !== side,
    }[move]
    if (!isPossible) reasons.push('application.illegalMove')
    return { no: reasons, maybe: [], next: () => changed(model, (m) => go(m, who, move, side)) }
  },
}

function resolve(model: Model, { what, number, move }: Extract<Order, { do: 'resolve' }>): Step {
  const reasons: ErrorCode[] = isDisputed(model) || (isWorking(model) && model.asking) ? [] : ['resource.notFound']
  if (what === 'application') {
    if (!isWorking(model) || !model.asking) reasons.push('application.illegalMove')
    return { no: reasons, maybe: [], next: () => changed(model, (m) => cancel(m)) }
  }
  const i = (number ?? 0) - 1
  if (what === 'milestone') {
    const at = model.parts[i]?.at
    if (at !== 'disputed') reasons.push(at ? 'milestone.illegalMove' : 'resource.notFound')
    return { no: reasons, maybe: [], next: () => changed(model, (m) => settle(m, 'system', i + 1, 'confirmed')) }
  }
  reasons.push(...againstWork(model, model.pieces[i], ['disputed']))
  return { no: reasons, maybe: [], next: () => changed(model, (m) => judge(m, 'system', m.pieces[i]!, move as 'approve' | 'cancel')) }
}

const yes = (next: () => Model): Step => ({ no: [], maybe: [], next })
const no = (...codes: ErrorCode[]): Step => ({ no: codes, maybe: [], next: () => expectNever() })
const expectNever = (): never => {
  throw new Error('What is refused leads nowhere')
}
function changed(model: Model, change: (copy: Model) => void): Model {
  const copy = structuredClone(model)
  change(copy)
  return copy
}

/** Why nothing can become of that version. */
function againstTouching(model: Model, version: number): ErrorCode[] {
  const its = model.versions[version - 1]
  if (!its) return ['resource.notFound']
  if (its.fate !== 'open') return [`offer.${its.fate}`]
  return model.isPast ? ['offer.expired'] : []
}
function reasonsAgainst(model: Model, name: KitName): ErrorCode[] {
  const reasons = againstAmending(model, kitOf(name))
  if (name === 'overdue') reasons.push('deadline.passed')
  if (name === 'unknown') reasons.push('catalogue.unknown')
  return reasons
}
/** What was asked for or paid stays as it is, and in its currency. */
function againstAmending(model: Model, kit: Kit): ErrorCode[] {
  const reasons: ErrorCode[] = []
  const now = pact(model)
  if (now && now.currency !== kit.currency) reasons.push('terms.badCurrency')
  const isTouched = ({ amount, when, at }: Model['parts'][number], i: number) =>
    at !== 'due' && (kit.parts[i]?.[0] !== amount || kit.parts[i]?.[1] !== when)
  if (model.parts.some(isTouched)) reasons.push('offer.changesPaid')
  return reasons
}
function againstWork(model: Model, piece: Piece | undefined, from: Piece['at'][]): ErrorCode[] {
  if (!piece) return ['resource.notFound']
  const reasons: ErrorCode[] = isWorking(model) ? [] : ['application.illegalMove']
  if (!from.includes(piece.at)) reasons.push('deliverable.illegalMove')
  return reasons
}
const tooLate = (until: number | null, end: number): ErrorCode[] => (until !== null && until <= end ? ['deadline.passed'] : [])
