import type { ApplicationId, RoomId } from '../../client-sdk/contract/index.ts'
import { isWaiting, waitingRoom } from '../../persistence/deals/waiting.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller } from '../ctx.ts'
import { spendAs } from '../limits.ts'
import { asParty } from '../market/authorise.ts'
import { authorise } from '../rooms/authorise.ts'

/** Reading a deal takes as much of a person's rate as so many commands: all of it is read, which may be megabytes. */
const COST = 5
const spend = (ctx: Ctx): void => spendAs(ctx.limits, caller(ctx).userId, COST)

/**
 * Reads a deal for whoever may: its two sides, and an administrator while something of it waits for one. To everybody else it is not
 * there. Asked again after reading: nobody sees what came after their rights had ended.
 */
export async function readingDeal<T>(ctx: Ctx, applicationId: ApplicationId, read: (roomId: RoomId) => Promise<T>): Promise<T> {
  const roomId = await asReader(ctx, applicationId)
  spend(ctx)
  const value = await read(roomId)
  await asReader(ctx, applicationId)
  return value
}

/** The same by the room of the deal. A room that is of no application has none. */
export async function readingRoom<T>(ctx: Ctx, roomId: RoomId, read: () => Promise<T>): Promise<T> {
  await asReaderIn(ctx, roomId)
  spend(ctx)
  const value = await read()
  await asReaderIn(ctx, roomId)
  return value
}

const isAdmin = (ctx: Ctx): boolean => caller(ctx).role === 'admin'

async function asReader(ctx: Ctx, applicationId: ApplicationId): Promise<RoomId> {
  const waiting = isAdmin(ctx) ? await waitingRoom(ctx.db.pool, applicationId) : undefined
  return waiting ?? (await asParty(ctx, 'viewApplication', applicationId)).roomId
}

async function asReaderIn(ctx: Ctx, roomId: RoomId): Promise<void> {
  if (isAdmin(ctx) && (await isWaiting(ctx.db.pool, roomId))) return
  const { kind } = await authorise(ctx, 'read', roomId)
  if (kind !== 'application') throw notFound('story')
}
