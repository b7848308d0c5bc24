import type { Profile, UserId } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import { ownProfile, shownProfile } from '../../persistence/profiles.ts'
import { type Ctx, caller } from '../ctx.ts'

/** The caller's own. */
export async function getOwnProfile(ctx: Ctx): Promise<Profile> {
  const profile = await ownProfile(ctx.db.pool, caller(ctx).userId)
  if (!profile) throw notFound('person')
  return profile
}

/** A creator's, to the brands that they show it to. Who is no creator, is blocked, or does not show it is not found. */
export async function getCreator(ctx: Ctx, { userId }: { userId: UserId }): Promise<Profile> {
  const profile = await shownProfile(ctx.db.pool, userId, caller(ctx).userId)
  if (!profile) throw notFound('creator')
  return profile
}
