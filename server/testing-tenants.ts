import {
  type ApplicationPlace,
  type BrandId,
  type CampaignId,
  type ErrorCode,
  isPlatformRule,
  isRoomRule,
  may,
  mayAs,
  type Role,
  type RoomId,
  type RoomKind,
  type Rule,
  roomRules,
} from '../client-sdk/contract/index.ts'
import { openNotes } from './applications/open-notes.ts'
import { apply, openCampaign } from './applications/testing.ts'
import { bringIn, invite, type Team } from './brands/testing.ts'
import { sendMessage } from './chat/send-message.ts'
import { commandId, type TestPerson, type World } from './testing.ts'

/** A room with a message in it, and who said that. */
export type Talk = { roomId: RoomId; kind: RoomKind; message: number; author: 'creator' | 'owner'; byHand: boolean }
/** A brand with all that a brand can have, and a creator who applied to it. */
export type Tenant = Team & {
  creator: TestPerson
  brandId: BrandId
  campaignId: CampaignId
  application: ApplicationPlace
  /** The application's own, the team's notes about it, and one whose members are let in by hand. */
  talks: Talk[]
  /** One more of the team, and of the room by hand, who is nobody's caller. */
  spare: TestPerson
  /** Who was invited to the team, and has not come. */
  invited: TestPerson
}

export async function makeTenant(w: World): Promise<Tenant> {
  const { campaignId, roomId: _, ...team } = await openCampaign(w)
  const spare = await bringIn(w, { ...team, role: 'viewer' }, await w.person('brand'))
  const creator = await w.person('creator')
  const application = await apply(w, creator, campaignId)
  const notes = await openNotes(w.as(team.owner), { commandId: commandId(), applicationId: application.applicationId })
  const members = [
    [team.owner, 'owner'],
    [team.manager, 'manager'],
    [team.viewer, 'viewer'],
    [creator, 'creator'],
    [spare, 'viewer'],
  ] as const
  const room = await w.room('application', members)
  const say = async (roomId: RoomId, author: Talk['author'], kind: RoomKind, byHand = false): Promise<Talk> => {
    const { seq } = await sendMessage(w.as({ ...team, creator }[author]), { commandId: commandId(), roomId, text: 'Hello' })
    return { roomId, kind, message: seq, author, byHand }
  }
  const talks = [
    await say(application.roomId, 'creator', 'application'),
    await say(notes.roomId, 'owner', 'notes'),
    await say(room, 'creator', 'application', true),
  ]
  const invited = await w.person('brand')
  await invite(w, team, invited)
  return { ...team, creator, campaignId, application, talks, spare, invited }
}

export const callers = ['nobody', 'creator', 'otherCreator', 'owner', 'manager', 'viewer', 'stranger', 'admin'] as const
export type Caller = (typeof callers)[number]
/** Everybody whom the tables tell apart, as the first tenant has them. */
export const cast = (mine: Tenant, other: Tenant, admin: TestPerson): Record<Caller, TestPerson | null> => ({
  nobody: null,
  creator: mine.creator,
  otherCreator: other.creator,
  owner: mine.owner,
  manager: mine.manager,
  viewer: mine.viewer,
  stranger: other.owner,
  admin,
})

/** What somebody is to a tenant: of its team, its creator, or nothing. */
function roleIn(tenant: Tenant, person: TestPerson): Role | null {
  const roles = ['owner', 'manager', 'viewer', 'creator'] as const
  return roles.find((role) => tenant[role].userId === person.userId) ?? null
}

/** What is asked for: a thing of the tenant, by its id. Null where it is a platform's rule. */
export type Target = { tenant: Tenant; of: 'brand' | 'campaign' | 'application' | Talk | null }

/** Null for who may, as the tables have it; or the code that refuses them. */
export function refusalFor(rule: Rule, person: TestPerson | null, { tenant, of }: Target): ErrorCode | null {
  if (rule === 'anyone') return null
  if (!person) return 'session.required'
  if (isPlatformRule(rule)) return may(rule, person.role) ? null : 'access.denied'
  const own = roleIn(tenant, person)
  const isHidden = typeof of === 'object' && of?.kind === 'notes' && own === 'creator'
  // Every creator is one to a campaign that is for everybody; and a creator is nothing to a brand.
  const role = of === 'campaign' && person.role === 'creator' ? 'creator' : of === 'brand' && own === 'creator' ? null : own
  if (!role || isHidden) return 'resource.notFound'
  if (!isRoomRule(rule)) return mayAs(rule, role) ? null : 'access.denied'
  const { kind } = of as Talk
  return (roomRules[rule][kind] as readonly Role[]).includes(role) ? null : 'access.denied'
}

/** What a caller may be answered who may: it went well, or it failed for another reason than who they are. */
export const isRefusal = (code: unknown): boolean =>
  ['session.required', 'session.ended', 'access.denied', 'resource.notFound', 'request.invalid'].includes(String(code))

/** All that is kept for ever, and all that is to be sent: refused calls add nothing to either. */
export async function written({ db }: World): Promise<unknown> {
  const tables = ['event', 'command', 'message', 'mail', 'member', 'team_member', 'invitation', 'campaign', 'application', 'person']
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`)
  const versions = `(select coalesce(sum(version), 0)::int from campaign) as campaigns, (select coalesce(sum(version), 0)::int from brand) as brands`
  return (await db.pool.query(`select ${counts.join()}, ${versions}`)).rows[0]
}
