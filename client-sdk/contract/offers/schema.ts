import { z } from 'zod'
import { CatalogueKey } from '../catalogue/schema.ts'
import { DealPlace } from '../deals/place.ts'
import { Command, type CommandDef, type EventDef, Instant, Moment, Seq, text } from '../define.ts'
import { ActorKey, ApplicationId, SessionId } from '../ids.ts'
import { When } from '../milestones/schema.ts'
import { name } from '../names.ts'
import { Amount, Currency, Day, Money, Territory } from '../units.ts'
import { offerStates } from './machine.ts'
import { termNames } from './term-names.ts'

const months = z.int().min(1).max(1_200)
/** The most pieces of work that terms may count. */
export const PIECES_MAX = 100

/**
 * What is proposed, whole: both sides sign the same. Where, for how long and on what the work may be used; `null` for `months` is
 * for ever. Parts of the fee add up to it, in its currency. What is not known here is refused, and never left out: nobody is to sign less
 * than they have sent. `nonce`: 128 random bits, so that the hash of the terms gives nothing
 * away.
 */
export const Terms = z
  .strictObject({
    fee: z.strictObject(Money.shape),
    deliverables: z
      .array(z.strictObject({ platform: CatalogueKey, format: name(60), count: z.int().min(1).max(PIECES_MAX), due: Day.nullable() }))
      .min(1)
      .max(50)
      .refine((all) => all.reduce((sum, { count }) => sum + count, 0) <= PIECES_MAX, `are more than ${PIECES_MAX} pieces`),
    usage: z.strictObject({
      channels: z.array(name(60)).max(20),
      territories: z.array(Territory).max(50),
      months: months.nullable().describe('Null: for ever'),
    }),
    exclusivity: z.strictObject({ scope: name(200), months }).nullable(),
    revisionRounds: z.int().min(0).max(20),
    payments: z
      .array(z.strictObject({ amount: Amount, currency: Currency.optional().describe('That of the fee'), due: When }))
      .min(1)
      .max(20)
      .describe('Parts of the fee, which they add up to'),
    clauses: z.array(text(4_000)).max(20),
    nonce: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .describe('Random, made by whoever proposes, so that the hash of the terms gives nothing away'),
  })
  .superRefine(({ fee, payments }, { addIssue }) => {
    const other = payments.findIndex(({ currency }) => currency !== undefined && currency !== fee.currency)
    if (other !== -1) addIssue({ code: 'custom', message: 'is not the currency of the fee', path: ['payments', other, 'currency'] })
    if (payments.reduce((sum, { amount }) => sum + amount, 0) !== fee.amount)
      addIssue({ code: 'custom', message: 'do not add up to the fee', path: ['payments'] })
  })
export type Terms = z.output<typeof Terms>

export const OfferSide = z.enum(['brand', 'creator'])
export type OfferSide = z.output<typeof OfferSide>
export const OfferState = z.enum(offerStates)
/** A version of the terms: 1, 2, 3 … in its application. */
export const OfferNumber = z.int().min(1).max(1_000)
/** SHA-256 of `termsBytes`, 64 hexadecimal digits. */
export const TermsHash = z.string().regex(/^[0-9a-f]{64}$/)
export const TermName = z.enum(termNames)

/**
 * What an acceptance rests on: the hub has seen that this session's person proved who they are at `provedAt`, by this `method`, and
 * signs it. Ed25519 over `acceptanceBytes`, by a key of `/.well-known/parley-checkpoint-keys.json`; base64url without padding.
 */
export const Attestation = z.object({
  kind: z.literal('hub'),
  session: SessionId,
  method: z.literal('password'),
  provedAt: Instant,
  at: Instant,
  keyId: z.string(),
  signature: z.string(),
})
/** What an acceptance rests on, signed by the hub. */
export type Attestation = z.output<typeof Attestation>

/**
 * A version of the terms. `basedOn`: the binding version that it would amend. `seq`, `member`: where in the log it was proposed, and
 * by whom. `reason`: said when it was declined or withdrawn; null where nothing was, and once it is erased.
 */
export const Offer = z.object({
  offer: OfferNumber,
  by: OfferSide,
  member: ActorKey,
  seq: Seq,
  at: Instant,
  state: OfferState,
  basedOn: OfferNumber.nullable(),
  validUntil: Instant.nullable(),
  terms: z.object(Terms.shape),
  hash: TermsHash,
  reason: z.string().nullable(),
  closed: Seq.nullable().describe('The seq that tells what became of it'),
  acceptance: z.object({ seq: Seq, by: OfferSide, member: ActorKey, at: Instant, attestation: Attestation }).nullable(),
})
/** A version of the terms, and what became of it. */
export type Offer = z.output<typeof Offer>
/** What was said about one of the terms. `item`: of which, where the term is a list, from 0. `text` is null once it is erased. */
export const OfferComment = z.object({
  seq: Seq,
  member: ActorKey,
  at: Instant,
  offer: OfferNumber,
  term: TermName,
  item: z.int().nonnegative().nullable(),
  text: z.string().nullable(),
})
/** What was said about one of the terms. */
export type OfferComment = z.output<typeof OfferComment>

/** One term that differs. `item`: its place in the list, in the later terms, or in the earlier where it is gone. Null on the side that has none. */
export const TermChange = z.object({ term: TermName, item: z.int().nonnegative().nullable(), before: z.unknown(), after: z.unknown() })
/** How two versions differ, term by term. */
export const OfferDiff = z.object({ from: OfferNumber, to: OfferNumber, changes: z.array(TermChange) })
/** How two versions differ, term by term. */
export type OfferDiff = z.output<typeof OfferDiff>

const OfDeal = Command.extend({ applicationId: ApplicationId })
const OfOffer = OfDeal.extend({ offer: OfferNumber })
const reason = text(1_000).optional()
const Proposal = {
  terms: Terms,
  validUntil: Moment.nullable().default(null).describe('Null: as long as the campaign decides'),
}
/** `basedOn`: the binding version, where this is to amend it. */
export const ProposeOffer = OfDeal.extend({ ...Proposal, basedOn: OfferNumber.nullable().default(null) })
export type ProposeOffer = z.output<typeof ProposeOffer>
export const CounterOffer = OfOffer.extend(Proposal)
export type CounterOffer = z.output<typeof CounterOffer>
/** `hash`: of the terms that are accepted, as the caller has seen them. */
export const AcceptOffer = OfOffer.extend({ hash: TermsHash })
export type AcceptOffer = z.output<typeof AcceptOffer>
export const CloseOffer = OfOffer.extend({ reason })
export type CloseOffer = z.output<typeof CloseOffer>
export const CommentOffer = OfOffer.extend({
  term: TermName,
  item: z.int().min(0).max(99).nullable().default(null),
  text: text(2_000),
})
export type CommentOffer = z.output<typeof CommentOffer>

/** Which version it is, and the hash of its terms. */
export const OfferPlace = DealPlace.extend({ offer: OfferNumber, hash: TermsHash })
/** Which version it is, and the hash of its terms. */
export type OfferPlace = z.output<typeof OfferPlace>

export const offerCommands = {
  'offer.propose': { input: ProposeOffer, output: OfferPlace, allow: 'negotiate' },
  'offer.counter': { input: CounterOffer, output: OfferPlace, allow: 'negotiate' },
  'offer.accept': { input: AcceptOffer, output: OfferPlace, allow: 'bind' },
  'offer.decline': { input: CloseOffer, output: OfferPlace, allow: 'negotiate' },
  'offer.withdraw': { input: CloseOffer, output: OfferPlace, allow: 'negotiate' },
  'offer.comment': { input: CommentOffer, output: OfferPlace, allow: 'negotiate' },
} as const satisfies Record<string, CommandDef>

const Closed = { version: 1, deal: z.object({ offer: OfferNumber, by: OfferSide }), personal: z.object({ reason: z.string().nullable() }) }
/** In the application's room. */
export const offerEvents = {
  'offer.proposed': {
    version: 1,
    deal: z.object({
      offer: OfferNumber,
      by: OfferSide,
      basedOn: OfferNumber.nullable(),
      validUntil: Instant.nullable(),
      terms: z.object(Terms.shape),
      hash: TermsHash,
    }),
    personal: null,
  },
  'offer.accepted': {
    version: 1,
    deal: z.object({ offer: OfferNumber, by: OfferSide, hash: TermsHash, attestation: Attestation }),
    personal: null,
  },
  'offer.declined': Closed,
  'offer.withdrawn': Closed,
  'offer.expired': { version: 1, deal: z.object({ offer: OfferNumber }), personal: null },
  /** Whoever is to answer was told that its time is nearly over. */
  'offer.reminded': { version: 1, deal: z.object({ offer: OfferNumber, kind: z.literal('expiring'), to: OfferSide }), personal: null },
  'offer.commented': {
    version: 1,
    deal: z.object({ offer: OfferNumber, term: TermName, item: z.int().nonnegative().nullable() }),
    personal: z.object({ text: z.string() }),
  },
} as const satisfies Record<string, EventDef>
