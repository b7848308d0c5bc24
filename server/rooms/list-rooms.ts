import { type ListRooms, Moment, ParleyError, RoomId, type RoomSummary } from '../../client-sdk/contract/index.ts'
import { type After, roomsOf } from '../../persistence/readings.ts'
import { type Ctx, caller } from '../ctx.ts'

export type RoomList = { rooms: RoomSummary[]; cursor: string | null }

/** The caller's rooms, the last active first, with what is unread in each. `cursor` goes on where a limit cut the list. */
export async function listRooms(ctx: Ctx, { limit, cursor, previews }: ListRooms): Promise<RoomList> {
  if (previews && limit === undefined) throw new ParleyError('request.invalid', 'Previews need a limit')
  const after = cursor === undefined ? null : afterOf(cursor)
  const rooms = await roomsOf(ctx.db.pool, caller(ctx).userId, { limit: limit === undefined ? null : limit + 1, after, previews })
  const page = rooms.slice(0, limit)
  const last = page.at(-1)
  return { rooms: page, cursor: last && rooms.length > page.length ? `${last.lastAt ?? ''}_${last.roomId}` : null }
}

function afterOf(cursor: string): After {
  const [lastAt = '', roomId = ''] = cursor.split('_')
  const id = RoomId.safeParse(roomId)
  const at = Moment.nullable().safeParse(lastAt || null)
  if (!id.success || !at.success) throw new ParleyError('request.invalid', 'cursor: is none of ours')
  return { lastAt: at.data, roomId: id.data }
}
