import { z } from 'zod'
import { CatalogueKey } from '../catalogue/schema.ts'
import { type EventDef, text } from '../define.ts'
import { name } from '../names.ts'
import { Amount, Day, Money, Territory } from '../units.ts'

const months = z.int().min(1).max(1_200)
/** When a part of the fee is due. */
const When = z.enum(['onAgreement', 'onDelivery', 'onApproval'])

/**
 * What is proposed, whole: both sides sign the same. Where, for how long and on what the work may be used; `null` for `months` is
 * for ever. Parts of the fee add up to it. `nonce`: 128 random bits, so that the hash of the terms gives nothing away.
 */
export const Terms = z
  .object({
    fee: Money,
    deliverables: z
      .array(z.object({ platform: CatalogueKey, format: name(60), count: z.int().min(1).max(100), due: Day.nullable() }))
      .min(1)
      .max(50),
    usage: z.object({
      channels: z.array(name(60)).max(20),
      territories: z.array(Territory).max(50),
      months: months.nullable().describe('Null: for ever'),
    }),
    exclusivity: z.object({ scope: name(200), months }).nullable(),
    revisionRounds: z.int().min(0).max(20),
    payments: z
      .array(z.object({ amount: Amount, due: When }))
      .min(1)
      .max(20)
      .describe('Parts of the fee, which they add up to'),
    clauses: z.array(text(4_000)).max(20),
    nonce: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .describe('Random, made by whoever proposes, so that the hash of the terms gives nothing away'),
  })
  .refine(({ fee, payments }) => payments.reduce((sum, { amount }) => sum + amount, 0) === fee.amount, {
    error: 'do not add up to the fee',
    path: ['payments'],
  })
export type Terms = z.output<typeof Terms>

export const OfferSide = z.enum(['brand', 'creator'])
export type OfferSide = z.output<typeof OfferSide>

/** In the application's room. */
export const offerEvents = {
  'offer.proposed': {
    version: 1,
    deal: z.object({ offer: z.int().positive(), by: OfferSide, terms: z.object(Terms.shape) }),
    personal: null,
  },
} as const satisfies Record<string, EventDef>
