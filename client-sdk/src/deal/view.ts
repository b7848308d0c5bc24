import type { Deal } from '../../contract/deals/schema.ts'
import type { DeliverableMove } from '../../contract/deliverables/machine.ts'
import type { Deliverable } from '../../contract/deliverables/schema.ts'
import type { ParleyError } from '../../contract/errors.ts'
import type { MilestoneMove } from '../../contract/milestones/machine.ts'
import type { Milestone } from '../../contract/milestones/schema.ts'
import type { Offer, OfferComment } from '../../contract/offers/schema.ts'
import { type Expected, isReal } from './expected.ts'

/** What is on its way to a version of the terms. */
export type OfferOrder = 'propose' | 'counter' | 'accept' | 'decline' | 'withdraw'
/** What both sides can do to end what is agreed, together. */
export type CancelMove = 'cancel.request' | 'cancel.revoke' | 'cancel.confirm'
/**
 * A version of the terms as it is shown. `pending`: what we do with it, while that is on its way: it is shown as done already, but for
 * `accept`, which binds and is not done before the hub says so. `seq`, `hash` and `closed` are null until the log has them.
 */
export type ShownOffer = Omit<Offer, 'seq' | 'hash'> & {
  readonly seq: number | null
  readonly hash: string | null
  readonly pending: OfferOrder | null
}
/** A piece of work as it is shown. `pending`: what we do with it, while that is on its way: it is shown as done already. */
export type ShownDeliverable = Deliverable & { readonly pending: DeliverableMove | null }
/** A payment as it is shown. `pending`: what we say of it, while that is on its way: it is shown as said already. */
export type ShownMilestone = Milestone & { readonly pending: MilestoneMove | null }
/** What was said of one of the terms. While it is on its way its `seq` is null. */
export type ShownComment = Omit<OfferComment, 'seq'> & { readonly seq: number | null; readonly pending: boolean }
/** A deal as it is shown. `pending`: what we ask of the whole of it, while that is on its way. */
export type ShownDeal = Pick<Deal, 'applicationId' | 'roomId' | 'state' | 'version' | 'binding'> & {
  readonly offers: readonly ShownOffer[]
  readonly deliverables: readonly ShownDeliverable[]
  readonly milestones: readonly ShownMilestone[]
  readonly comments: readonly ShownComment[]
  readonly pending: CancelMove | null
}
/** All that an app shows of a deal. Immutable: another object after each change, and the same items where they are. */
export type DealView = {
  /** The deal has been read. */
  readonly loaded: boolean
  readonly deal: ShownDeal | null
  /** How many of our orders are still on their way. */
  readonly waiting: number
  /** Why the last reading failed, if it did; it is tried again where that can help. */
  readonly error: ParleyError | null
}

export const nothing: DealView = { loaded: false, deal: null, waiting: 0, error: null }
const real = (seq: number | null): number | null => (seq !== null && isReal(seq) ? seq : null)

/** Makes views, and keeps what says the same the same object. */
export class Views {
  #known = new WeakMap<object, { mark: string | null; shown: object }>()

  of(expected: Expected | null, waiting: number, error: ParleyError | null, before: DealView): DealView {
    const deal = expected && this.#deal(expected, before.deal)
    return kept(before, { loaded: deal !== null, deal, waiting, error })
  }

  #deal({ deal, marks }: Expected, before: ShownDeal | null): ShownDeal {
    const mark = (what: string) => (marks.get(what) ?? null) as never // it is `expected` that gives them
    const { applicationId, roomId, state, version, binding } = deal
    const offers = deal.offers.map((one) => {
      const pending = mark(`offer ${one.offer}`)
      const seq = real(one.seq)
      return this.#shown(one, pending, { seq, hash: seq === null ? null : one.hash, closed: real(one.closed), pending })
    })
    const deliverables = deal.deliverables.map((one) => {
      const pending = mark(`deliverable ${one.deliverable}`)
      return this.#shown(one, pending, { submitted: real(one.submitted), moved: real(one.moved), pending })
    })
    const milestones = deal.milestones.map((one) => {
      const pending = mark(`milestone ${one.milestone}`)
      return this.#shown(one, pending, { moved: real(one.moved), pending })
    })
    const comments = deal.comments.map((one) => this.#shown(one, null, { seq: real(one.seq), pending: !isReal(one.seq) }))
    const lists = {
      offers: list(before?.offers, offers),
      deliverables: list(before?.deliverables, deliverables),
      milestones: list(before?.milestones, milestones),
      comments: list(before?.comments, comments),
    }
    const shown = { applicationId, roomId, state, version, binding, ...lists, pending: mark('application') }
    return before ? kept(before, shown) : shown
  }

  #shown<T extends object, M extends object>(item: T, mark: string | null, more: M): Omit<T, keyof M> & M {
    const known = this.#known.get(item)
    if (known && known.mark === mark) return known.shown as Omit<T, keyof M> & M
    const shown = { ...item, ...more }
    this.#known.set(item, { mark, shown })
    return shown
  }
}

/** The same where it says the same. */
const kept = <T extends object>(before: T, now: T): T =>
  (Object.keys(now) as (keyof T)[]).every((name) => before[name] === now[name]) ? before : now
const list = <T>(before: readonly T[] | undefined, now: readonly T[]): readonly T[] =>
  before?.length === now.length && now.every((item, i) => item === before[i]) ? before : now
