// Types alone: the SDK's bundle asks this table, and does without zod.
import type { PlatformRole, Role, RoomKind } from './roles.ts'

const all = ['owner', 'manager', 'viewer', 'creator'] as const satisfies Role[]
/** May a role do this in a room of that kind? The one table, asked by sockets, REST and the SDK's `can()`. */
export const roomRules = {
  read: { campaign: all, application: all },
  speak: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'] },
  /** To speak where only announcements are made. */
  announce: { campaign: ['owner', 'manager'], application: ['owner', 'manager'] },
  react: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'] },
  pin: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'] },
  /** To take back what others said. */
  moderate: { campaign: ['owner', 'manager'], application: ['owner'] },
  configure: { campaign: ['owner', 'manager'], application: ['owner', 'manager'] },
  manageMembers: { campaign: ['owner'], application: ['owner'] },
  erase: { campaign: ['owner'], application: ['owner'] },
} as const satisfies Record<string, Record<RoomKind, readonly Role[]>>
export type RoomRule = keyof typeof roomRules

/** What needs no room. `anyone`: even without a session. */
export const platformRules = {
  anyone: null,
  signedIn: ['creator', 'brand', 'admin'],
  administer: ['admin'],
} as const satisfies Record<string, readonly PlatformRole[] | null>
export type PlatformRule = keyof typeof platformRules

export type Rule = RoomRule | PlatformRule

export const isRule = (rule: unknown): rule is Rule =>
  typeof rule === 'string' && (Object.hasOwn(roomRules, rule) || Object.hasOwn(platformRules, rule))
export const isRoomRule = (rule: Rule): rule is RoomRule => Object.hasOwn(roomRules, rule)

/** Standing in a room, as far as rights go. `announcementsOnly` is the room's setting. */
export type Rights = { kind: RoomKind; role: Role; announcementsOnly: boolean }
export const can = (rule: RoomRule, { kind, role, announcementsOnly }: Rights): boolean => {
  const allowed = (name: RoomRule) => (roomRules[name][kind] as readonly Role[]).includes(role)
  return allowed(rule) && (rule !== 'speak' || !announcementsOnly || allowed('announce'))
}

/** Without a session `role` is null. */
export const may = (rule: PlatformRule, role: PlatformRole | null): boolean => {
  const roles: readonly PlatformRole[] | null = platformRules[rule]
  return roles === null || (role !== null && roles.includes(role))
}
