import { z } from 'zod'

export const RoomKind = z.enum(['campaign', 'application'])
export type RoomKind = z.output<typeof RoomKind>
/** What a person is in a room. */
export const Role = z.enum(['owner', 'manager', 'viewer', 'creator'])
export type Role = z.output<typeof Role>
/** What a person is on the platform. */
export const PlatformRole = z.enum(['creator', 'brand', 'admin'])
export type PlatformRole = z.output<typeof PlatformRole>

const all = Role.options
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
  signedIn: PlatformRole.options,
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
