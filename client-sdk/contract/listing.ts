import { z } from 'zod'

/** `limit` items after those of the page that gave this `cursor`. A cursor is good for the same question alone. */
export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().min(1).max(500).optional().describe('Of the page before; with otherwise the same question'),
})
export type Page = z.output<typeof Page>

/** `cursor` goes on where there may be more; null at the end. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), cursor: z.string().nullable().describe('For the next page; null at the end') })
export type PageOf<T> = { items: T[]; cursor: string | null }

/** One value or several of a query: `?platform=a&platform=b`. */
export const several = <T extends z.ZodType>(item: T, max = 20) =>
  z.preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(item).max(max))

/** Counts the changes of a thing. A change says which state it was made for: is it another by now, it is refused with `resource.stale`. */
export const Revision = z.int().positive().describe('Counts the changes of a thing; `If-Match` names it')
