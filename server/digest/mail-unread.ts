import type { UserId } from '../../client-sdk/contract/index.ts'
import { lockUntold, MOST_COUNTED, saveTold, type UnreadRoom, untoldIn } from '../../persistence/digest-unread.ts'
import { isThere } from '../../persistence/presence.ts'
import type { Ctx } from '../ctx.ts'
import { notify } from '../mail/notify.ts'
import { type UnreadDigest, unreadDigest } from '../mail/templates/unread-digest.ts'

/** That many rooms are named in a mail. */
const NAMED = 10

/**
 * Writes one mail about all that a person has not read, once something of it is `wait` ms old, and they are not there. What it tells of is
 * marked in the same commit, so it is told once, however often this is asked. Answers in how many ms it is to be looked at again; null where
 * nothing waits to be told. Locks the person's read marks, in the rooms' order.
 */
export async function mailUnread(ctx: Ctx, userId: UserId, wait: number): Promise<number | null> {
  return ctx.em.transactional(async (em) => {
    const found = await untoldIn(em, userId, await lockUntold(em, userId))
    const news = found.filter(({ messages }) => messages > 0)
    const age = Math.max(...news.map((room) => room.age ?? 0))
    if (news.length > 0 && age < wait) return Math.ceil(wait - age)
    if (news.length > 0 && (await isThere(em, userId))) return wait
    await saveTold(em, userId, found)
    if (news.length > 0) await notify(em, ctx, { to: [userId], template: unreadDigest, data: dataOf(news) })
    return null
  })
}

/** Where somebody was named comes first. */
function dataOf(news: readonly UnreadRoom[]): UnreadDigest {
  const rooms = news.toSorted((a, b) => b.mentions - a.mentions || b.messages - a.messages || (a.roomId < b.roomId ? -1 : 1))
  const count = (n: number) => ({ n: Math.min(n, MOST_COUNTED), isMore: n > MOST_COUNTED })
  const all = rooms.map(({ messages }) => count(messages))
  return {
    rooms: rooms.slice(0, NAMED).map(({ messages, ...room }) => ({ ...room, messages: count(messages) })),
    others: Math.max(0, rooms.length - NAMED),
    messages: { n: all.reduce((sum, { n }) => sum + n, 0), isMore: all.some(({ isMore }) => isMore) },
  }
}
