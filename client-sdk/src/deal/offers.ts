import { hex } from '../../contract/chain.ts'
import { ParleyError } from '../../contract/errors.ts'
import { termsBytes } from '../../contract/offers/bytes.ts'
import { diffTerms, type TermChange } from '../../contract/offers/diff.ts'
import type { OfferPlace, Terms } from '../../contract/offers/schema.ts'
import type { TermName } from '../../contract/offers/term-names.ts'
import type { DealClient } from './deal-client.ts'
import type { Expected } from './expected.ts'
import type { Target } from './pending.ts'
import type { ShownComment, ShownOffer } from './view.ts'

/** Terms to propose. The `nonce`, 128 random bits as 32 hexadecimal digits, is made where it is left out. */
export type NewTerms = Omit<Terms, 'nonce'> & { readonly nonce?: string }
/** A version as it is shown, or its number. */
export type OfferRef = Pick<ShownOffer, 'offer' | 'terms' | 'hash'> | number
/** Until when a proposal can be accepted, ISO 8601; as long as the campaign decides where it is left out. */
export type Validity = { readonly validUntil?: string | Date | null }

/** The versions of a deal's terms. What is done to them shows at once, as pending, and resolves once the hub has it in the log. */
export interface Offers {
  /** The oldest first. */
  readonly all: readonly ShownOffer[]
  /** The one that waits for an answer. */
  readonly open: ShownOffer | null
  /** The one that binds both sides. */
  readonly binding: ShownOffer | null
  /** What was said about single terms. */
  readonly comments: readonly ShownComment[]
  /** Proposes terms. `basedOn`: the version that they would amend; the one that binds where it is left out. */
  propose(terms: NewTerms, about?: Validity & { readonly basedOn?: number | null }): Promise<OfferPlace>
  /** Answers a version with other terms. */
  counter(offer: OfferRef, terms: NewTerms, about?: Validity): Promise<OfferPlace>
  /**
   * Accepts the terms that `offer` shows: what is sent is their hash, made here, so it binds to what was seen and to nothing else. Where
   * the version's stated hash is another, that rejects with `offer.otherTerms` before anything is sent. Not shown as accepted before the
   * hub has answered, since it is an agreement. Rejects with `session.stepUpRequired` where this session has not proved lately who it is
   * (`stepUp` of what `signIn` gave).
   */
  accept(offer: OfferRef): Promise<OfferPlace>
  /** Says no to the other side's terms. */
  decline(offer: OfferRef, reason?: string): Promise<OfferPlace>
  /** Takes our own terms back. */
  withdraw(offer: OfferRef, reason?: string): Promise<OfferPlace>
  /** Says something about one of a version's terms. `item`: of which, where the term is a list, from 0. */
  comment(offer: OfferRef, term: TermName, text: string, item?: number): Promise<OfferPlace>
  /** How `after` differs from `before`, term by term. Throws `resource.notFound` for a version that there is not. */
  diff(before: OfferRef, after: OfferRef): readonly TermChange[]
}

const noneYet: readonly never[] = []

export function offersOn(deal: DealClient): Offers {
  const all = () => deal.state.deal?.offers ?? noneYet
  const find = (ref: OfferRef) => {
    const found = typeof ref === 'number' ? all().find(({ offer }) => offer === ref) : ref
    if (!found) throw new ParleyError('resource.notFound', 'No such version')
    return found
  }
  /** That of the version, or of the order that is to propose it. */
  const targetIn = ({ ours }: Expected, ref: OfferRef): Target => {
    const offer = typeof ref === 'number' ? ref : ref.offer
    return ours.get(offer) ?? offer
  }
  const close = (name: 'offer.decline' | 'offer.withdraw', ref: OfferRef, reason: string | undefined) =>
    deal.order<typeof name>((now) => ({ name, input: { offer: targetIn(now, ref), ...(reason !== undefined && { reason }) } }))
  return {
    get all() {
      return all()
    },
    get open() {
      return all().findLast(({ state }) => state === 'proposed') ?? null
    },
    get binding() {
      return all().find(({ offer }) => offer === deal.state.deal?.binding) ?? null
    },
    get comments() {
      return deal.state.deal?.comments ?? noneYet
    },
    propose: (terms, { validUntil, basedOn } = {}) =>
      deal.order(({ deal: { binding } }) => ({
        name: 'offer.propose',
        input: { terms: whole(terms), validUntil: moment(validUntil), basedOn: basedOn === undefined ? binding : basedOn },
      })),
    counter: (ref, terms, { validUntil } = {}) =>
      deal.order((now) => ({
        name: 'offer.counter',
        input: { offer: targetIn(now, ref), terms: whole(terms), validUntil: moment(validUntil) },
      })),
    accept: (ref) =>
      deal.order(() => {
        const { offer, terms, hash } = find(ref)
        if (hash === null) throw new ParleyError('offer.own', 'This is on its way from here')
        return { name: 'offer.accept', input: { offer, hash }, ready: () => assertHash(terms, hash) }
      }),
    decline: (ref, reason) => close('offer.decline', ref, reason),
    withdraw: (ref, reason) => close('offer.withdraw', ref, reason),
    comment: (ref, term, text, item) =>
      deal.order((now) => ({ name: 'offer.comment', input: { offer: targetIn(now, ref), term, text, item: item ?? null } })),
    diff: (before, after) => diffTerms(find(before).terms, find(after).terms),
  }
}

const moment = (at: Validity['validUntil'] = null): string | null => (at instanceof Date ? at.toISOString() : at)
const whole = (terms: NewTerms): Terms => ({ ...terms, nonce: terms.nonce ?? hex(crypto.getRandomValues(new Uint8Array(16))) })

/** What is sent is the hash of what was shown. */
async function assertHash(terms: Terms, hash: string): Promise<void> {
  if (!crypto.subtle) throw new ParleyError('request.invalid', 'To accept takes a page that was loaded by https')
  const shown = await crypto.subtle.digest('SHA-256', Uint8Array.from(termsBytes(terms)))
  if (hex(new Uint8Array(shown)) !== hash) throw new ParleyError('offer.otherTerms', 'The terms that are shown are not those of that hash')
}
