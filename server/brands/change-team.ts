import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type ActorKey,
  type BrandId,
  type Output,
  ParleyError,
  type RemoveFromTeam,
  type SetTeamRole,
  type TeamRole,
  type UserId,
} from '../../client-sdk/contract/index.ts'
import { changeRoleInRooms, hasOwner, leaveRooms, lockRooms } from '../../persistence/brands.ts'
import { TeamMember } from '../../persistence/entities/brands.ts'
import { type Entry, notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller } from '../ctx.ts'
import { type Changing, changingBrand } from './changing-brand.ts'

/** A role of null leaves the team. */
type Change = { userId: UserId; role: TeamRole | null }

/** What somebody may is another from here on, in the team and in every room that follows it. */
export const setTeamRole = (ctx: Ctx, input: SetTeamRole): Promise<Output<'brand.setRole'>> =>
  changingBrand(ctx, 'brand.setRole', 'manageTeam', input, (changing) => changeTeam(ctx, changing, [input]))

/** Takes somebody out of the team and of its rooms, or lets them leave. */
export const removeFromTeam = (ctx: Ctx, input: RemoveFromTeam): Promise<Output<'brand.removeMember'>> =>
  changingBrand(ctx, 'brand.removeMember', input.userId === caller(ctx).userId ? 'viewBrand' : 'manageTeam', input, (changing) =>
    changeTeam(ctx, changing, [{ userId: input.userId, role: null }]),
  )

/** Makes another an owner, and the caller a manager. */
export const passOn = (ctx: Ctx, input: RemoveFromTeam): Promise<Output<'brand.passOn'>> =>
  changingBrand(ctx, 'brand.passOn', 'manageTeam', input, (changing) => {
    if (input.userId === changing.userId) throw new ParleyError('request.invalid', 'Nobody passes a brand on to themselves')
    return changeTeam(ctx, changing, [
      { userId: input.userId, role: 'owner' },
      { userId: changing.userId, role: 'manager' },
    ])
  })

type Applied = { userId: UserId; role: TeamRole | null; was: TeamRole; member: ActorKey }

/**
 * All of it is one commit. The access versions of the brand and of its rooms rise: nothing that was checked before commits after,
 * and no gate delivers what follows to whoever left.
 */
async function changeTeam(ctx: Ctx, { em, brand, by, userId: me }: Changing, changes: readonly Change[]): Promise<Output<'brand.setRole'>> {
  const { id: brandId } = brand
  const applied: Applied[] = []
  for (const change of changes) applied.push(...(await apply(em, ctx, brandId, change)))
  if (applied.length === 0) return { brandId }
  await em.flush()
  if (applied.some(({ was }) => was === 'owner') && !(await hasOwner(em, brandId)))
    throw new ParleyError('member.lastOwner', 'A brand keeps at least one owner')
  const told = applied.map((its): Entry => ({ ...by, streamId: brandId, ...inTeam(its) }))
  const rooms = await lockRooms(em, brandId)
  for (const its of applied) {
    const { userId, role } = its
    const changed = role ? await changeRoleInRooms(em, rooms, userId, me, role) : await leaveRooms(em, rooms, userId, me, ctx.now())
    for (const { roomId: streamId, member, actor } of changed)
      told.push({ streamId, actor, commandId: by.commandId, accessVersion: null, ...inRoom({ ...its, member }) })
  }
  await ctx.log.append(em, told, [brandId, ...rooms])
  return { brandId }
}

/** Nothing where they are that already. */
async function apply(em: EntityManager, ctx: Ctx, brandId: BrandId, { userId, role }: Change): Promise<Applied[]> {
  const member = await em.findOne(TeamMember, { brandId, userId, removedAt: null })
  if (!member) throw notFound('member')
  const was = member.role
  if (role === was) return []
  em.assign(member, role ? { role } : { removedAt: ctx.now() })
  return [{ userId, role, was, member: member.actorKey }]
}

type Fact = Pick<Applied, 'role' | 'was' | 'member'>
const inTeam = ({ role, was, member }: Fact) =>
  role
    ? ({ type: 'brand.roleChanged', deal: { member, role }, personal: null } as const)
    : ({ type: 'brand.memberRemoved', deal: { member, role: was }, personal: null } as const)
const inRoom = ({ role, was, member }: Fact) =>
  role
    ? ({ type: 'room.roleChanged', deal: { member, role }, personal: null } as const)
    : ({ type: 'room.memberRemoved', deal: { member, role: was }, personal: null } as const)
