import { z } from 'zod'
import { Moment, ParleyError, RoomId, Seq } from '../../client-sdk/contract/index.ts'
import type { SearchPlace } from '../../persistence/search/search.ts'
import { cursorFrom, partsOf } from '../cursor.ts'

const Place = z.tuple([Moment, RoomId, Seq])

/** The place of a page's last hit. It says nothing that the hit did not, and lets nobody see more. */
export const cursorOf = ({ at, roomId, seq }: SearchPlace): string => cursorFrom([at, roomId, seq])

/** Throws `request.invalid` for what is no cursor. */
export function beyond(cursor: string | undefined): SearchPlace | null {
  if (cursor === undefined) return null
  const place = Place.safeParse(partsOf(cursor))
  if (!place.success) throw new ParleyError('request.invalid', '`cursor` is not one of ours')
  const [at, roomId, seq] = place.data
  return { at, roomId, seq }
}
