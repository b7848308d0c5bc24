import { can, ParleyError, type RoomId, type RoomRule } from '../../client-sdk/contract/index.ts'
import { standingOf } from '../../persistence/rooms.ts'
import { type Ctx, caller } from '../ctx.ts'
import { limited } from '../limits.ts'
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
 * Reads what the caller may see, and asks again afterwards: what was read may be younger than the first answer, and nobody
 * sees what was committed after their removal.
 */
export async function reading<T>(ctx: Ctx, rule: RoomRule, roomId: RoomId, read: (standing: Standing) => Promise<T>): Promise<T> {
  const value = await read(await authorise(ctx, rule, roomId))
  await authorise(ctx, rule, roomId)
  return value
}

/** How often rights may change under one write before the client is told to try again. */
const TRIES = 5

/**
 * For writes to the room's log, which refuses a standing that is out of date: then `write` runs again with one that was read
 * anew. `known`, if it allows this, saves the first look; only for what writes nothing but the log, since nothing else
 * would find out that it is old.
 */
export async function authorised<T>(
  ctx: Ctx,
  rule: RoomRule,
  roomId: RoomId,
  write: (standing: Standing) => Promise<T>,
  known?: Standing,
): Promise<T> {
  let standing = known && can(rule, known) ? known : await authorise(ctx, rule, roomId)
  if (!ctx.limits.rooms.take(roomId)) throw limited(ctx.limits, 'rooms', roomId) // only members spend a room's share
  for (let tries = 1; ; tries++) {
    try {
      return await write(standing)
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'access.changed' || tries === TRIES) throw error
      standing = await authorise(ctx, rule, roomId)
    }
  }
}

export const denied = (why = 'Your role in this room does not allow that') => new ParleyError('access.denied', why)

function check(rule: RoomRule, standing: Standing): Standing {
  if (!can(rule, standing)) {
    const isSilenced = rule === 'speak' && can(rule, { ...standing, announcementsOnly: false })
    throw denied(isSilenced ? 'Only announcements are made in this room' : undefined)
  }
  return standing
}
