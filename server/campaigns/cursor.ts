import { z } from 'zod'
import type { Json } from '../../client-sdk/contract/canonical.ts'
import { Amount, CampaignId, Moment, type PageOf, ParleyError } from '../../client-sdk/contract/index.ts'
import { cursorFrom, nameOf, partsOf } from '../cursor.ts'

/** What a list is sorted by, as text. It goes to PostgreSQL as it came, to the microsecond. */
export const keys = {
  moment: z.string().refine((key) => Moment.safeParse(key).success),
  amount: z.string().refine((key) => /^\d+$/.test(key) && Amount.safeParse(Number(key)).success),
}
type Key = (typeof keys)[keyof typeof keys]
type Place = { key: string; id: CampaignId }

const cursorOf = (question: Json, { key, id }: Place): string => cursorFrom([nameOf(question), key, id])

/** Throws `request.invalid` for what is no cursor, or one of another question. */
export function placeIn(question: Json, cursor: string | undefined, key: Key): Place | null {
  if (cursor === undefined) return null
  const parsed = z.tuple([z.literal(nameOf(question)), key, CampaignId]).safeParse(partsOf(cursor))
  if (!parsed.success) throw new ParleyError('request.invalid', 'cursor: is none of this list')
  const [, at, id] = parsed.data
  return { key: at, id }
}

/** Of `limit` and one more, if there are more. */
export function paged<T>(question: Json, placed: readonly { item: T; place: Place }[], limit: number): PageOf<T> {
  const shown = placed.slice(0, limit)
  const cursor = placed.length > limit ? cursorOf(question, shown.at(-1)!.place) : null
  return { items: shown.map(({ item }) => item), cursor }
}
