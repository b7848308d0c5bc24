import { can, ParleyError, type RoomId, type RoomRule } from '../../client-sdk/contract/index.ts'
import { standingOf } from '../../persistence/rooms.ts'
import { type Ctx, caller } from '../ctx.ts'
import type { Standing } from './standings.ts'

/**
 * The caller's standing in the room, read now. Whoever is no member learns nothing: `resource.notFound`, the same as for a
 * room that does not exist. A member without the right gets `access.denied`.
 */
export async function authorise(ctx: Ctx, rule: RoomRule, roomId: RoomId): Promise<Standing> {
  const { userId } = caller(ctx)
  const standing = await standingOf(ctx.db.pool, roomId, userId)
  if (!standing) {
    ctx.standings.forget(roomId, userId)
    throw new ParleyError('resource.notFound', 'No such room')
  }
  ctx.standings.set(standing)
  return check(rule, standing)
}

/**
 * For writes through the log alone, which refuses a standing that is out of date: `write` then runs once more with one that
 * was read anew. Most calls look nothing up.
 */
export async function authorised<T>(ctx: Ctx, rule: RoomRule, roomId: RoomId, write: (standing: Standing) => Promise<T>): Promise<T> {
  const known = ctx.standings.get(roomId, caller(ctx).userId)
  if (!known) return write(await authorise(ctx, rule, roomId))
  try {
    return await write(check(rule, known))
  } catch (error) {
    const outdated = error instanceof ParleyError && (error.code === 'access.changed' || error.code === 'access.denied')
    if (!outdated) throw error
    return write(await authorise(ctx, rule, roomId))
  }
}

function check(rule: RoomRule, standing: Standing): Standing {
  if (!can(rule, standing)) throw new ParleyError('access.denied', 'Your role in this room does not allow that')
  return standing
}
