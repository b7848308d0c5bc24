import { z } from 'zod'
import { ApplicationState } from '../applications/schema.ts'
import { BrandCard } from '../brands/schema.ts'
import { Command, type CommandDef, Instant, Seq, text } from '../define.ts'
import { Deliverable, DeliverableNumber } from '../deliverables/schema.ts'
import { ActorKey, ApplicationId, CampaignId, RoomId, UserId } from '../ids.ts'
import { Page, pageOf, Revision } from '../listing.ts'
import { Milestone } from '../milestones/schema.ts'
import { Attestation, Offer, OfferComment, OfferNumber, OfferSide, TermChange, Terms, TermsHash } from '../offers/schema.ts'
import { DealPlace } from './place.ts'

/**
 * All of a deal, as the log has it up to `asOf`: the versions of the terms, which one binds, the work and the payments that follow
 * from it, and what was said about single terms.
 */
export const Deal = z.object({
  applicationId: ApplicationId,
  roomId: RoomId,
  asOf: z.int().nonnegative(),
  state: ApplicationState,
  version: Revision,
  offers: z.array(Offer),
  binding: OfferNumber.nullable(),
  deliverables: z.array(Deliverable),
  milestones: z.array(Milestone),
  comments: z.array(OfferComment),
})
/** All of a deal, as the log has it up to `asOf`. */
export type Deal = z.output<typeof Deal>

/** What binds both sides now, with everything that a reader needs who knows nothing else. Names are those of today, null once erased. */
export const Agreement = z.object({
  applicationId: ApplicationId,
  campaignId: CampaignId,
  roomId: RoomId,
  asOf: z.int().nonnegative(),
  state: ApplicationState,
  campaign: z.string(),
  brand: BrandCard,
  creator: z.object({ userId: UserId, name: z.string() }),
  offer: OfferNumber,
  terms: z.object(Terms.shape),
  hash: TermsHash,
  /** Every version that both have agreed to, the first first; `changes` against the one before. */
  versions: z.array(
    z.object({
      offer: OfferNumber,
      hash: TermsHash,
      proposed: z.object({ by: OfferSide, member: ActorKey, name: z.string().nullable(), at: Instant, seq: Seq }),
      accepted: z.object({ by: OfferSide, member: ActorKey, name: z.string().nullable(), at: Instant, seq: Seq, attestation: Attestation }),
      changes: z.array(TermChange),
    }),
  ),
  deliverables: z.array(Deliverable),
  milestones: z.array(Milestone),
  /** That Parley moves no money. */
  notice: z.string(),
})
/** What binds both sides now. */
export type Agreement = z.output<typeof Agreement>

/** Somebody in a story: a member of the room, with the name that they have there, or the platform (`system`), or an administrator. */
const Teller = z.object({ member: ActorKey, side: z.enum(['brand', 'creator', 'system', 'admin']), name: z.string().nullable() })
/** Who in a story. */
export type Teller = z.output<typeof Teller>
/**
 * One step of a deal's story. `messages`: what was said in between, folded: how many (at most 1,000 are counted), from which seq
 * to which. `event`: a fact, with its data as the log has it; `changes` of a proposal, against the version before it.
 */
export const StoryEntry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('messages'), first: Seq, last: Seq, count: z.int().positive(), from: Instant, to: Instant }),
  z.object({
    kind: z.literal('event'),
    seq: Seq,
    at: Instant,
    type: z.string(),
    who: Teller,
    deal: z.record(z.string(), z.unknown()).nullable(),
    personal: z.record(z.string(), z.unknown()).nullable(),
    changes: z.array(TermChange).nullable(),
  }),
])
/** One step of a deal's story. */
export type StoryEntry = z.output<typeof StoryEntry>
export const ReadStory = Page.extend({ roomId: RoomId })
export type ReadStory = z.output<typeof ReadStory>
/** A deal's story, the oldest first. */
export const Story = pageOf(StoryEntry)
/** A part of a deal's story, the oldest first. */
export type Story = z.output<typeof Story>

const OfDeal = Command.extend({ applicationId: ApplicationId })
const Part = z.object({ what: z.enum(['deliverable', 'milestone', 'application']), number: DeliverableNumber.nullable() })
const Decision = Part.extend({
  number: Part.shape.number.default(null).describe('Of the piece of work, or the payment; null for the deal itself'),
  move: z.enum(['approve', 'cancel', 'confirm']),
  reason: text(1_000),
})
const ways: Record<string, readonly string[]> = { deliverable: ['approve', 'cancel'], milestone: ['confirm'], application: ['cancel'] }
const decided = <S extends z.ZodType<z.output<typeof Decision>>>(schema: S): S =>
  schema
    .refine(({ what, move }) => ways[what]!.includes(move), {
      error: 'is no way to decide that: work is approved or cancelled, a payment confirmed, a deal cancelled',
      path: ['move'],
    })
    .refine(({ what, number }) => (what === 'application') === (number === null), {
      error: 'names the piece of work, or the payment; it is null for the deal itself',
      path: ['number'],
    })
/** What is decided: a disputed piece of work is approved or cancelled, a disputed payment was made (`confirm`), a deal is cancelled. */
export const Resolution = decided(Decision)
/** What an administrator decides about which deal. */
export const ResolveDispute = decided(OfDeal.extend(Decision.shape))
export type ResolveDispute = z.output<typeof ResolveDispute>
/** A deal that waits for an administrator, since when, and what of it. `number` is null where it is the deal itself. */
export const Dispute = z.object({
  applicationId: ApplicationId,
  roomId: RoomId,
  campaign: z.string(),
  brand: BrandCard,
  creator: z.object({ userId: UserId, name: z.string() }),
  state: ApplicationState,
  since: Instant,
  waits: z.array(Part),
})
/** A deal that waits for an administrator. */
export type Dispute = z.output<typeof Dispute>

export const dealCommands = {
  /** By an administrator, where the two cannot agree. */
  'deal.resolve': { input: ResolveDispute, output: DealPlace, allow: 'administer' },
} as const satisfies Record<string, CommandDef>
