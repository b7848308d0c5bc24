import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import { Amount, CampaignId, Moment, type PageOf, ParleyError } from '../../client-sdk/contract/index.ts'

/** What a list is sorted by, as text. It goes to PostgreSQL as it came, to the microsecond. */
export const keys = {
  moment: z.string().refine((key) => Moment.safeParse(key).success),
  amount: z.string().refine((key) => /^\d+$/.test(key) && Amount.safeParse(Number(key)).success),
}
type Key = (typeof keys)[keyof typeof keys]
type Place = { key: string; id: CampaignId }

/** Names the question that a cursor is good for. It keeps nobody out of anything: every page asks for rights again. */
const nameOf = (question: Json): string => createHash('sha256').update(canonical(question)).digest('base64url').slice(0, 12)

function cursorOf(question: Json, { key, id }: Place): string {
  return Buffer.from(JSON.stringify([nameOf(question), key, id])).toString('base64url')
}

/** Throws `request.invalid` for what is no cursor, or one of another question. */
export function placeIn(question: Json, cursor: string | undefined, key: Key): Place | null {
  if (cursor === undefined) return null
  const parsed = z.tuple([z.literal(nameOf(question)), key, CampaignId]).safeParse(decoded(cursor))
  if (!parsed.success) throw new ParleyError('request.invalid', 'cursor: is none of this list')
  const [, at, id] = parsed.data
  return { key: at, id }
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

/** Of `limit` and one more, if there are more. */
export function paged<T>(question: Json, placed: readonly { item: T; place: Place }[], limit: number): PageOf<T> {
  const shown = placed.slice(0, limit)
  const cursor = placed.length > limit ? cursorOf(question, shown.at(-1)!.place) : null
  return { items: shown.map(({ item }) => item), cursor }
}
