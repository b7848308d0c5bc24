import { type Message, ParleyError, type RoomId, type SearchMessages, type SearchPage } from '../../client-sdk/contract/index.ts'
import { messagesAt } from '../../persistence/messages.ts'
import { type Question, question } from '../../persistence/search/question.ts'
import { roomsAmong, type Search, type SearchPlace, searchMessages as search } from '../../persistence/search/search.ts'
import { snippets } from '../../persistence/search/snippets.ts'
import { type Ctx, caller } from '../ctx.ts'
import { spendAs } from '../limits.ts'
import { reading } from '../rooms/authorise.ts'
import { beyond, cursorOf } from './cursor.ts'

/** A search takes as much of a person's rate as so many other commands. */
const COST = 5

/** The newest messages that say what is looked for, in one room of the caller's or in all of them. */
export async function searchMessages(ctx: Ctx, input: SearchMessages): Promise<SearchPage> {
  const { roomId, from, cursor, after = null, before = null } = input
  const { userId } = caller(ctx)
  if (from && !roomId) throw new ParleyError('request.invalid', '`from` needs a room')
  spendAs(ctx.limits, userId, COST)
  const asked = question(input.q)
  const place = { userId, roomId: roomId ?? null, author: from ?? null, after, before, beyond: beyond(cursor) }
  const look = () => page(ctx, asked, { ...place, query: asked.query, limit: input.limit })
  return roomId ? reading(ctx, 'read', roomId, look) : look()
}

async function page(ctx: Ctx, asked: Question, wanted: Search): Promise<SearchPage> {
  const { pool } = ctx.db
  const places = await search(pool, { ...wanted, limit: wanted.limit + 1 })
  const more = places.length > wanted.limit
  const shown = places.slice(0, wanted.limit)
  const found = await messagesOf(ctx, shown)
  const parts = await snippets(
    pool,
    asked,
    found.map(({ message }) => message.text ?? ''),
  )
  const rooms = await roomsAmong(pool, wanted.userId, [...new Set(shown.map((place) => place.roomId))])
  const hits = found.flatMap(({ roomId, message }, i) => {
    const part = parts[i]
    return part && rooms.has(roomId) ? [{ roomId, message, ...part }] : []
  })
  return { hits, more, cursor: more ? cursorOf(shown.at(-1)!) : null }
}

/** As they now stand, in the order of their places. Membership must be asked for after this. */
async function messagesOf({ db }: Ctx, places: readonly SearchPlace[]): Promise<{ roomId: RoomId; message: Message }[]> {
  const messages = new Map<string, Message>()
  for (const [roomId, its] of Map.groupBy(places, (place) => place.roomId)) {
    const read = await messagesAt(
      db.pool,
      roomId,
      its.map((place) => place.seq),
    )
    for (const message of read) messages.set(`${roomId} ${message.seq}`, message)
  }
  return places.flatMap(({ roomId, seq }) => {
    const message = messages.get(`${roomId} ${seq}`)
    return message && message.text !== null ? [{ roomId, message }] : []
  })
}
