import { z } from 'zod'
import { Command, type CommandDef, type EventDef, Instant, text } from '../define.ts'
import { ActorKey, BrandId, InvitationId, UserId } from '../ids.ts'
import { Revision } from '../listing.ts'
import { name } from '../names.ts'
import { TeamRole } from '../roles.ts'
import { Territory, WebAddress } from '../units.ts'

/** What a brand says of itself. */
export const BrandFields = z.object({
  name: name(120),
  about: text(4_000).nullable(),
  website: WebAddress.nullable(),
  territory: Territory.nullable(),
})
/** What a brand says of itself. */
export type BrandFields = z.output<typeof BrandFields>
/** What a brand says of which nothing was said. */
export const blankBrand: Omit<BrandFields, 'name'> = { about: null, website: null, territory: null }

/** A brand as its own people see it. `me`: what the caller is in it. */
export const Brand = z.object({ brandId: BrandId, version: Revision, ...BrandFields.shape, me: TeamRole, createdAt: Instant })
export type Brand = z.output<typeof Brand>
/** As everybody may see it who sees one of its campaigns. */
export const BrandCard = z.object({ brandId: BrandId, name: z.string() })
export type BrandCard = z.output<typeof BrandCard>
/** Somebody of a brand's team. */
export const TeamMember = z.object({ userId: UserId, name: z.string(), email: z.string(), role: TeamRole, since: Instant })
export type TeamMember = z.output<typeof TeamMember>
/** What was sent and not taken up yet. */
export const Invitation = z.object({
  invitationId: InvitationId,
  email: z.string(),
  role: TeamRole,
  createdAt: Instant,
  endsAt: Instant,
})
export type Invitation = z.output<typeof Invitation>

const Email = z.email().max(254).toLowerCase()
const OfBrand = Command.extend({ brandId: BrandId })
/** Of an owner's making are all but owners: those are made by `brand.setRole`, of who is in the team already. */
const Invited = TeamRole.exclude(['owner'])

/** What is left out is blank. */
export const CreateBrand = Command.extend({ ...BrandFields.partial().shape, name: BrandFields.shape.name })
export type CreateBrand = z.output<typeof CreateBrand>
/** What is left out stays. */
export const UpdateBrand = OfBrand.extend({ version: Revision, ...BrandFields.partial().shape })
export type UpdateBrand = z.output<typeof UpdateBrand>
export const InviteToBrand = OfBrand.extend({ email: Email, role: Invited })
export type InviteToBrand = z.output<typeof InviteToBrand>
export const RevokeInvitation = OfBrand.extend({ invitationId: InvitationId })
export type RevokeInvitation = z.output<typeof RevokeInvitation>
/** Out of the mail, good once, and for the person of that address alone. */
const Code = z
  .string()
  .regex(/^[A-Za-z0-9_-]{20,64}$/)
  .describe('Out of the mail; good once, and for the person of that address alone')
export const AcceptInvitation = Command.extend({ code: Code })
export type AcceptInvitation = z.output<typeof AcceptInvitation>
/** For whoever has no account yet: it is made with the address that was invited. */
export const SignUpInvited = AcceptInvitation.extend({ name: name(200), password: z.string().min(8).max(256) })
export type SignUpInvited = z.output<typeof SignUpInvited>
export const SetTeamRole = OfBrand.extend({ userId: UserId, role: TeamRole })
export type SetTeamRole = z.output<typeof SetTeamRole>
/** Others by who may, or oneself. */
export const RemoveFromTeam = OfBrand.extend({ userId: UserId })
export type RemoveFromTeam = z.output<typeof RemoveFromTeam>

const Ref = z.object({ brandId: BrandId })
/** A brand as it now is. */
export const BrandPlace = Ref.extend({ version: Revision })
/** A brand as it now is. */
export type BrandPlace = z.output<typeof BrandPlace>

export const brandCommands = {
  'brand.create': { input: CreateBrand, output: BrandPlace, allow: 'hire' },
  'brand.update': { input: UpdateBrand, output: BrandPlace, allow: 'manageBrand' },
  'brand.invite': { input: InviteToBrand, output: z.object({ invitationId: InvitationId }), allow: 'manageTeam' },
  'brand.revokeInvitation': { input: RevokeInvitation, output: z.object({ invitationId: InvitationId }), allow: 'manageTeam' },
  'brand.acceptInvitation': { input: AcceptInvitation, output: Ref, allow: 'hire' },
  'brand.setRole': { input: SetTeamRole, output: Ref, allow: 'manageTeam' },
  /** Oneself, or others for who may `manageTeam`. */
  'brand.removeMember': { input: RemoveFromTeam, output: Ref, allow: 'viewBrand' },
  /** Makes another an owner, and the caller a manager, in one. */
  'brand.passOn': { input: RemoveFromTeam, output: Ref, allow: 'manageTeam' },
} as const satisfies Record<string, CommandDef>

const Who = z.object({ member: ActorKey, role: TeamRole })
/** On the brand's own stream. */
export const brandEvents = {
  'brand.created': { version: 1, deal: z.object({ brandId: BrandId }), personal: null },
  'brand.changed': { version: 1, deal: z.object({ version: Revision, fields: z.array(z.string()) }), personal: null },
  'brand.memberAdded': { version: 1, deal: Who, personal: z.object({ name: z.string() }) },
  'brand.memberRemoved': { version: 1, deal: Who, personal: null },
  'brand.roleChanged': { version: 1, deal: Who, personal: null },
  'brand.invited': { version: 1, deal: z.object({ invitationId: InvitationId, role: TeamRole }), personal: null },
  'brand.invitationRevoked': { version: 1, deal: z.object({ invitationId: InvitationId }), personal: null },
} as const satisfies Record<string, EventDef>
