import type { MilestoneMove, Terms } from '../../../client-sdk/contract/index.ts'
import type { TermName } from '../../../client-sdk/contract/offers/term-names.ts'
import type { Who } from './people.ts'

/** `dueIn`: from the start of the demo on, in days. */
export type DemoTerms = Omit<Terms, 'deliverables' | 'nonce'> & {
  deliverables: (Omit<Terms['deliverables'][number], 'due'> & { dueIn: number | null })[]
}
/** What somebody does in a deal, one after the other. `piece`, `payment`: by their numbers. `validFor`: in days. */
export type DealStep = { by: Who } & (
  | { do: 'say'; text: string }
  | { do: 'propose' | 'amend' | 'counter'; terms: DemoTerms; validFor?: number }
  | { do: 'comment'; on: TermName; item?: number; text: string }
  | { do: 'accept' }
  | { do: 'submit'; piece: number; link: string; note?: string }
  | { do: 'approve' | 'requestRevision' | 'dispute'; piece: number; note?: string }
  | { do: MilestoneMove & ('invoice' | 'pay' | 'confirm'); payment: number; note?: string }
  | { do: 'askToCancel'; reason: string }
)

const piece = (platform: string, format: string, count = 1, dueIn: number | null = 30) =>
  ({ platform, format, count, dueIn }) as DemoTerms['deliverables'][number]
/** Half of the fee at once, half when all is approved. */
function terms(euros: number, deliverables: DemoTerms['deliverables'], more: Partial<DemoTerms> = {}): DemoTerms {
  const half = euros * 50
  return {
    fee: { amount: euros * 100, currency: 'EUR' },
    deliverables,
    usage: { channels: ['Own channels'], territories: ['001'], months: 6 },
    exclusivity: null,
    revisionRounds: 1,
    payments: [
      { amount: half, due: 'onAgreement' },
      { amount: half, due: 'onApproval' },
    ],
    clauses: [],
    ...more,
  }
}

/** Versions and comments; the last is the creator's, and waits for the brand. */
const summit: DealStep[] = [
  { by: 'tomas', do: 'propose', terms: terms(1_100, [piece('youtube', 'Video, 90 s')], { clauses: ['No drone.'] }) },
  { by: 'danylo', do: 'comment', on: 'usage.months', text: 'Six months are fine for your own channels. For adverts I would ask for more.' },
  { by: 'nora', do: 'comment', on: 'clauses', item: 0, text: 'Our insurance is the reason. A kite is fine!' },
  {
    by: 'danylo',
    do: 'counter',
    terms: terms(1_300, [piece('youtube', 'Video, 90 s'), piece('instagram', 'Story')], { clauses: ['No drone.'] }),
  },
  {
    by: 'tomas',
    do: 'counter',
    terms: terms(1_200, [piece('youtube', 'Video, 90 s'), piece('instagram', 'Story')], { clauses: ['No drone.'] }),
  },
  { by: 'danylo', do: 'comment', on: 'fee', text: 'Канатна дорога подорожчала. Could we meet at 1,250?' },
  {
    by: 'danylo',
    do: 'counter',
    terms: terms(1_250, [piece('youtube', 'Video, 90 s'), piece('instagram', 'Story')], { clauses: ['No drone.'] }),
    validFor: 14,
  },
]

/** The brand’s, and waits for the creator. */
const rucksack: DealStep[] = [
  { by: 'jonas', do: 'say', text: 'Eleven times! Here is what we would offer.' },
  { by: 'jonas', do: 'propose', terms: terms(900, [piece('tiktok', 'Video, 60 s', 2)]), validFor: 10 },
]

/** Agreed, and nothing handed in yet. */
const roofs: DealStep[] = [
  { by: 'tomas', do: 'propose', terms: terms(700, [piece('tiktok', 'Video, 30 s', 2, 45)]) },
  { by: 'lucia', do: 'accept' },
  { by: 'tomas', do: 'say', text: 'Agreed! The bottles are the only thing that is missing.' },
]

/** At work: one piece is approved, of the other a revision was asked for; the first half of the fee was received. */
const unboxing: DealStep[] = [
  { by: 'nora', do: 'propose', terms: terms(1_250, [piece('instagram', 'Reel, 40 s', 1, 14), piece('instagram', 'Still', 1, 14)]) },
  { by: 'aiko', do: 'accept' },
  { by: 'aiko', do: 'invoice', payment: 1, note: 'Invoice 2026-031' },
  { by: 'nora', do: 'pay', payment: 1 },
  { by: 'aiko', do: 'confirm', payment: 1 },
  { by: 'aiko', do: 'submit', piece: 2, link: 'https://example.com/aiko/still' },
  { by: 'tomas', do: 'approve', piece: 2, note: 'That steam!' },
  { by: 'aiko', do: 'submit', piece: 1, link: 'https://example.com/aiko/reel-1', note: 'A first cut.' },
  { by: 'tomas', do: 'requestRevision', piece: 1, note: 'The logo is in the first second. Could it come at the end?' },
]

/** From the first word to the last payment. */
const tasting: DealStep[] = [
  { by: 'tomas', do: 'propose', terms: terms(800, [piece('youtube', 'Video, 3 min')]) },
  { by: 'kwame', do: 'counter', terms: terms(950, [piece('youtube', 'Video, 3 min')]) },
  { by: 'nora', do: 'accept' },
  { by: 'kwame', do: 'invoice', payment: 1 },
  { by: 'nora', do: 'pay', payment: 1 },
  { by: 'kwame', do: 'confirm', payment: 1 },
  { by: 'kwame', do: 'submit', piece: 1, link: 'https://example.com/kwame/tasting' },
  { by: 'nora', do: 'approve', piece: 1 },
  { by: 'kwame', do: 'invoice', payment: 2 },
  { by: 'nora', do: 'pay', payment: 2, note: 'With thanks.' },
  { by: 'kwame', do: 'confirm', payment: 2 },
]

/** The revisions that were agreed on are used up: it waits for an administrator. */
const thermos: DealStep[] = [
  { by: 'tomas', do: 'propose', terms: terms(1_000, [piece('youtube', 'Video, 2 min')]) },
  { by: 'danylo', do: 'accept' },
  { by: 'danylo', do: 'submit', piece: 1, link: 'https://example.com/danylo/thermos-1' },
  { by: 'tomas', do: 'requestRevision', piece: 1, note: 'The box is not to be seen.' },
  { by: 'danylo', do: 'submit', piece: 1, link: 'https://example.com/danylo/thermos-2', note: 'Now it is, at 1:12.' },
  { by: 'tomas', do: 'dispute', piece: 1, note: 'For half a second, behind a goat.' },
]

/** Agreed, and the creator has asked to cancel it. */
const delayed: DealStep[] = [
  { by: 'tomas', do: 'propose', terms: terms(600, [piece('tiktok', 'Video, 45 s')]) },
  { by: 'lucia', do: 'accept' },
  { by: 'lucia', do: 'askToCancel', reason: 'The line is closed until spring, and with it my kitchen.' },
]

/** Agreed, with an amendment that waits for the creator. */
const patches: DealStep[] = [
  { by: 'jonas', do: 'propose', terms: terms(1_500, [piece('youtube', 'Video, 3 min')]) },
  { by: 'danylo', do: 'accept' },
  { by: 'danylo', do: 'say', text: 'Forty patches take longer than three minutes…' },
  {
    by: 'jonas',
    do: 'amend',
    terms: terms(1_800, [piece('youtube', 'Video, 3 min'), piece('tiktok', 'Video, 30 s')]),
  },
]

/** Agreed, and amended by both. */
const ridge: DealStep[] = [
  { by: 'jonas', do: 'propose', terms: terms(1_600, [piece('youtube', 'Video, 5 min', 1, 30)]) },
  { by: 'aiko', do: 'accept' },
  { by: 'aiko', do: 'amend', terms: terms(1_600, [piece('youtube', 'Video, 5 min', 1, 44)], { revisionRounds: 2 }) },
  { by: 'jonas', do: 'accept' },
]

/** A deal at every stage. */
export const deals = { summit, rucksack, roofs, unboxing, tasting, thermos, delayed, patches, ridge }
