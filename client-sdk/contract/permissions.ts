// Types alone: the SDK's bundle asks this table, and does without zod.
import type { PlatformRole, Role, RoomKind } from './roles.ts'

const all = ['owner', 'manager', 'viewer', 'creator'] as const satisfies Role[]
const team = ['owner', 'manager', 'viewer'] as const satisfies Role[]
const run = ['owner', 'manager'] as const satisfies Role[]
const talk = ['owner', 'manager', 'creator'] as const satisfies Role[]
/** May a role do this in a room of that kind? The one table, asked by sockets, REST and the SDK's `can()`. */
export const roomRules = {
  read: { campaign: all, application: all, notes: team },
  speak: { campaign: run, application: talk, notes: run },
  /** To speak where only announcements are made. */
  announce: { campaign: run, application: run, notes: run },
  react: { campaign: run, application: talk, notes: run },
  pin: { campaign: run, application: talk, notes: run },
  /** To take back what others said. */
  moderate: { campaign: run, application: ['owner'], notes: ['owner'] },
  configure: { campaign: run, application: run, notes: run },
  /** Of rooms that follow no brand's team. */
  manageMembers: { campaign: ['owner'], application: ['owner'], notes: ['owner'] },
  erase: { campaign: ['owner'], application: ['owner'], notes: ['owner'] },
} as const satisfies Record<string, Record<RoomKind, readonly Role[]>>
export type RoomRule = keyof typeof roomRules

/**
 * What somebody may do who is something to a brand, a campaign or an application: of the brand's team, or the creator (of a
 * campaign, any who may see it).
 */
export const marketRules = {
  viewBrand: team,
  manageBrand: run,
  manageTeam: ['owner'],
  viewCampaign: all,
  runCampaigns: run,
  viewApplication: all,
  moveApplication: talk,
  /** To propose, counter, decline, withdraw terms, and to speak of them. */
  negotiate: talk,
  /** To accept terms: what binds the brand, or the creator. */
  bind: talk,
  deliver: ['creator'],
  /** What only the brand may do with its applications. */
  decide: run,
} as const satisfies Record<string, readonly Role[]>
/** What may be done with a brand, a campaign or an application, by what somebody is to it. */
export type MarketRule = keyof typeof marketRules

/** What needs no room. `anyone`: even without a session. */
export const platformRules = {
  anyone: null,
  signedIn: ['creator', 'brand', 'admin'],
  /** To work for brands: profiles, applications. */
  apply: ['creator'],
  /** To have a brand, or to be of its team. */
  hire: ['brand'],
  administer: ['admin'],
} as const satisfies Record<string, readonly PlatformRole[] | null>
export type PlatformRule = keyof typeof platformRules

export type Rule = RoomRule | MarketRule | PlatformRule

export const isRule = (rule: unknown): rule is Rule =>
  typeof rule === 'string' && [roomRules, marketRules, platformRules].some((rules) => Object.hasOwn(rules, rule))
export const isRoomRule = (rule: Rule): rule is RoomRule => Object.hasOwn(roomRules, rule)
export const isPlatformRule = (rule: Rule): rule is PlatformRule => Object.hasOwn(platformRules, rule)

/** Who may, as the tables have it: by kind of room, by what somebody is to the thing, or on the platform. */
export const whoMay = (rule: Rule) => ({ ...roomRules, ...marketRules, ...platformRules })[rule]

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

/** As what somebody is to the brand, the campaign or the application. */
export const mayAs = (rule: MarketRule, role: Role): boolean => (marketRules[rule] as readonly Role[]).includes(role)
