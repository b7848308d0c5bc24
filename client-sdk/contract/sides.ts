// Types alone: the SDK's bundle asks this table, and does without zod.
import type { Role } from './roles.ts'

/** Who acts: what somebody is to the deal, an administrator, or the platform by itself. */
export type Actor = Role | 'system' | 'admin'
/** The two who make a deal. */
export type Party = 'brand' | 'creator'
/** For whom somebody acts. */
export type Side = Party | 'system' | 'admin'
const sides: Record<Actor, Side | null> = {
  owner: 'brand',
  manager: 'brand',
  viewer: null,
  creator: 'creator',
  system: 'system',
  admin: 'admin',
}
/** For whom somebody acts; null for those who only look on. */
export const sideOf = (actor: Actor): Side | null => sides[actor]
/** One of the two who make the deal, or null. */
export const partyOf = (actor: Actor): Party | null => {
  const side = sideOf(actor)
  return side === 'brand' || side === 'creator' ? side : null
}
