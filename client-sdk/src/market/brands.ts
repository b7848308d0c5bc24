import type { Brand, BrandFields, BrandPlace, Invitation, TeamMember } from '../../contract/brands/schema.ts'
import { ParleyError } from '../../contract/errors.ts'
import type { TeamRole } from '../../contract/roles.ts'
import { type MarketHost, pagesOf, telling, type Versioned } from './host.ts'
import { ListClient, type LiveList } from './list.ts'
import { brandsOf } from './list-kinds.ts'
import { pathOf } from './paths.ts'
import { isBrand, isBrands, isInvitations, isMembers } from './shapes.ts'

/** A brand as it was read, or its id and the version that a change is made for. */
export type BrandRef = Versioned<'brandId'>

/** Brands and their teams. */
export interface Brands {
  /** Those that we are in the team of. */
  mine(): LiveList<Brand>
  /** One of them. */
  get(brandId: string): Promise<Brand>
  /** A new brand, which is ours; what is left out is blank. */
  create(fields: Pick<BrandFields, 'name'> & Partial<BrandFields>): Promise<BrandPlace>
  /** What is left out stays. Rejects with `resource.stale` where it is another version by now. */
  update(brand: BrandRef, fields: Partial<BrandFields>): Promise<BrandPlace>
  /** Sends somebody a mail with a code that lets them in. */
  invite(brandId: string, who: { email: string; role: Exclude<TeamRole, 'owner'> }): Promise<Pick<Invitation, 'invitationId'>>
  /** The code is good no more. */
  revokeInvitation(brandId: string, invitationId: string): Promise<Pick<Invitation, 'invitationId'>>
  /** Takes up an invitation, by the code out of its mail. */
  accept(code: string): Promise<Pick<Brand, 'brandId'>>
  /** The whole team. */
  members(brandId: string): Promise<readonly TeamMember[]>
  /** What was sent and not taken up yet. */
  invitations(brandId: string): Promise<readonly Invitation[]>
  /** Gives somebody of the team another role. Rejects with `member.lastOwner`. */
  setRole(brandId: string, userId: string, role: TeamRole): Promise<Pick<Brand, 'brandId'>>
  /** Takes somebody out of the team, and of all its rooms. */
  remove(brandId: string, userId: string): Promise<Pick<Brand, 'brandId'>>
  /** Takes ourselves out of it. */
  leave(brandId: string): Promise<Pick<Brand, 'brandId'>>
  /** Makes another an owner, and us a manager. */
  passOn(brandId: string, userId: string): Promise<Pick<Brand, 'brandId'>>
}

export function brandsOn(host: MarketHost): Brands {
  const { orders, ports } = host
  const remove = (brandId: string, userId: string) => orders.order('brand.removeMember', { brandId, userId })
  const changed = (order: Promise<BrandPlace>) => telling(host, order, { done: 'brand' })
  return {
    mine: () => new ListClient(host, brandsOf(pagesOf(host, isBrands, ['brands']))),
    get: (brandId) => ports.get(pathOf(['brands', brandId]), isBrand),
    create: (fields) => changed(orders.order('brand.create', fields)),
    update: ({ brandId, version }, fields) => changed(orders.order('brand.update', { ...fields, brandId, version })),
    invite: (brandId, { email, role }) => orders.order('brand.invite', { brandId, email, role }),
    revokeInvitation: (brandId, invitationId) => orders.order('brand.revokeInvitation', { brandId, invitationId }),
    accept: (code) => orders.order('brand.acceptInvitation', { code }),
    members: async (brandId) => (await ports.get(pathOf(['brands', brandId, 'members']), isMembers)).items,
    invitations: async (brandId) => (await ports.get(pathOf(['brands', brandId, 'invitations']), isInvitations)).items,
    setRole: (brandId, userId, role) => orders.order('brand.setRole', { brandId, userId, role }),
    remove,
    leave: async (brandId) => {
      const userId = await ports.person()
      if (userId === null) throw new ParleyError('session.required', 'The token says nobody')
      return remove(brandId, userId)
    },
    passOn: (brandId, userId) => orders.order('brand.passOn', { brandId, userId }),
  }
}
