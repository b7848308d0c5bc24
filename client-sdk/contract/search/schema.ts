import { z } from 'zod'
import { Message } from '../chat/schema.ts'
import { Moment, text } from '../define.ts'
import { ActorKey, RoomId } from '../ids.ts'

/**
 * Words in English and Ukrainian, in any form; "phrases", -not, or. In one room or, without `roomId`, in all of the caller's.
 * `from`: only this member's messages, which takes a room. Sent at or after `after`, and before `before`. `cursor`: of the page
 * before. What has no word to look for (only «and», «the») finds nothing.
 */
export const SearchMessages = z.object({
  q: text(200),
  roomId: RoomId.optional(),
  from: ActorKey.optional(),
  before: Moment.optional(),
  after: Moment.optional(),
  limit: z.coerce.number().int().min(1).max(50).default(20),
  cursor: z.string().max(200).optional(),
})
export type SearchMessages = z.output<typeof SearchMessages>

/**
 * `snippet`: a part of the message's text, as it is, markup and all. `ranges`: where in it the words are that were looked
 * for, as [start, end) in UTF-16 units.
 */
export const SearchHit = z.object({
  roomId: RoomId,
  message: Message,
  snippet: z.string(),
  ranges: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
})
export type SearchHit = z.output<typeof SearchHit>

/** Newest first. `more`: there may be older ones, with this `cursor`; a page may have fewer than `limit` even so. */
export const SearchPage = z.object({ hits: z.array(SearchHit), more: z.boolean(), cursor: z.string().nullable() })
export type SearchPage = z.output<typeof SearchPage>
