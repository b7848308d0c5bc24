import type { SearchMessages, SearchPage } from '../contract/search/schema.ts'
import type { RoomHost } from './room.ts'
import { isSearchPage } from './shapes.ts'

/** `from`: only this member's messages. `after` and `before`: ISO 8601. `cursor`: of the page before. */
export type RoomSearch = Pick<SearchMessages, 'q'> & Partial<Omit<SearchMessages, 'q' | 'roomId'>>
/** In all rooms of ours, or in one. */
export type Search = RoomSearch & Partial<Pick<SearchMessages, 'roomId'>>

export function search(get: RoomHost['get'], { roomId, ...query }: Search): Promise<SearchPage> {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  const where = roomId === undefined ? '' : `/rooms/${encodeURIComponent(roomId)}`
  return get(`/api/v1${where}/search?${new URLSearchParams(given)}`, isSearchPage)
}
