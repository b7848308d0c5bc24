import { canonical } from '../../client-sdk/contract/canonical.ts'
import { type CampaignFields, type CampaignPlace, ParleyError } from '../../client-sdk/contract/index.ts'
import type { Campaign } from '../../persistence/entities/campaigns.ts'
import { searchables } from '../../persistence/search/words.ts'
import type { Chosen } from '../catalogue/catalogue.ts'

type FieldName = keyof CampaignFields
type Columns = Omit<CampaignFields, 'budget' | 'opensAt' | 'applyBy' | 'decideBy'> &
  Pick<Campaign, 'budgetMin' | 'budgetMax' | 'currency' | 'opensAt' | 'applyBy' | 'decideBy'>

const dateOf = (at: string | null) => (at === null ? null : new Date(at))

/** What a brand says of a campaign, as its row has it. */
export function columnsOf({ budget, opensAt, applyBy, decideBy, ...same }: CampaignFields): Columns {
  const money = { budgetMin: budget?.min ?? null, budgetMax: budget?.max ?? null, currency: budget?.currency ?? null }
  return { ...same, ...money, opensAt: dateOf(opensAt), applyBy: dateOf(applyBy), decideBy: dateOf(decideBy) }
}

export function fieldsOf(row: Campaign): CampaignFields {
  const { title, goals, deliverables, platforms, categories, territories, languages, visibility, questions } = row
  const { brief = null, startsOn = null, endsOn = null, creators = null, budgetMin: min, budgetMax: max, currency } = row
  const budget = min == null || max == null || currency == null ? null : { min, max, currency }
  const lists = { goals, deliverables, platforms, categories, territories, languages, questions }
  const moments = {
    opensAt: row.opensAt?.toISOString() ?? null,
    applyBy: row.applyBy?.toISOString() ?? null,
    decideBy: row.decideBy?.toISOString() ?? null,
  }
  const dates = { ...moments, startsOn, endsOn }
  return { title, brief, ...lists, ...dates, budget, creators, visibility }
}

export const changedFields = (before: CampaignFields, after: CampaignFields): FieldName[] =>
  (Object.keys(after) as FieldName[]).filter((name) => canonical(before[name] as never) !== canonical(after[name] as never))

/** Keys of the catalogue that it names. */
export const chosenIn = ({ platforms, categories, deliverables }: CampaignFields): Chosen => ({
  platforms: [...platforms, ...deliverables.map(({ platform }) => platform)],
  categories,
})

/** What a search looks in. A long brief takes some milliseconds. */
export const textOf = async ({ title, brief, goals }: Pick<CampaignFields, 'title' | 'brief' | 'goals'>): Promise<string> =>
  (await searchables([title, brief ?? '', ...goals])).join(' ')

/** Throws `request.invalid`, with the field, where dates cross. */
export function assertInOrder({ opensAt, applyBy, decideBy, startsOn, endsOn }: CampaignFields): void {
  if (opensAt && applyBy && opensAt >= applyBy) throw new ParleyError('request.invalid', 'opensAt: is not before applyBy')
  if (applyBy && decideBy && decideBy < applyBy) throw new ParleyError('request.invalid', 'decideBy: is before applyBy')
  if (startsOn && endsOn && endsOn < startsOn) throw new ParleyError('request.invalid', 'endsOn: is before startsOn')
}

/** What it does not say that creators have to know. */
const lackedBy = ({ brief, platforms, applyBy, decideBy }: CampaignFields): string[] =>
  Object.entries({ brief, applyBy, decideBy, platforms: platforms[0] ?? null }).flatMap(([name, value]) => (value === null ? [name] : []))

/** Throws `campaign.incomplete`, with all that is missing, for what cannot stand before creators. */
export function assertComplete(fields: CampaignFields): void {
  const missing = lackedBy(fields)
  if (missing.length > 0) throw new ParleyError('campaign.incomplete', `To be published it lacks ${missing.join(', ')}`)
}

/** Why it cannot stand before creators now: what it lacks, and the dates that have passed. */
export const missingIn = (fields: CampaignFields, now: Date): string[] => [
  ...lackedBy(fields),
  ...(['applyBy', 'decideBy'] as const).filter((name) => isOver(fields[name], now)),
]

const isOver = (at: string | null, now: Date): boolean => at !== null && new Date(at) <= now

/** Throws `deadline.passed` for a moment that has come. */
export function assertAhead(name: 'opensAt' | 'applyBy' | 'decideBy', at: string | null, now: Date): void {
  if (isOver(at, now)) throw new ParleyError('deadline.passed', `${name}: that moment has passed`)
}

export const placeOf = ({ id: campaignId, state, version }: Campaign): CampaignPlace => ({ campaignId, state, version })
