import type { EntityManager } from '@mikro-orm/postgresql'
import { type BrandId, type RoomId, type RoomKind, SYSTEM, type TeamRole, type UserId } from '../../client-sdk/contract/index.ts'
import { openTeamRoom } from '../market/team-rooms.ts'
import { append } from '../rooms/membership.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { acceptInvitation } from './accept-invitation.ts'
import { lockBrand } from './changing-brand.ts'
import { createBrand } from './create-brand.ts'
import { inviteToBrand } from './invite.ts'

export async function makeBrand(w: World, owner: TestPerson, name = 'Acme'): Promise<BrandId> {
  return (await createBrand(w.as(owner), { commandId: commandId(), name })).brandId
}

/** The code that the newest mail to this address has. */
export async function codeFor(w: World, { email }: { email: string }): Promise<string> {
  const { rows } = await w.db.pool.query<{ body: string }>('select body from mail where recipient = $1 order by id desc limit 1', [email])
  return /^[A-Za-z0-9_-]{43}$/m.exec(rows[0]?.body ?? '')![0]
}

type Inviting = { brandId: BrandId; owner: TestPerson; role?: Exclude<TeamRole, 'owner'> }
/** Invites somebody; answers with their code. */
export async function invite(w: World, { brandId, owner, role = 'viewer' }: Inviting, person: { email: string }): Promise<string> {
  await inviteToBrand(w.as(owner), { commandId: commandId(), brandId, email: person.email, role })
  return codeFor(w, person)
}

/** Invites somebody, who comes. */
export async function bringIn(w: World, inviting: Inviting, person: TestPerson): Promise<TestPerson> {
  await acceptInvitation(w.as(person), { commandId: commandId(), code: await invite(w, inviting, person) })
  return person
}

export type Team = { brandId: BrandId } & Record<TeamRole, TestPerson>
/** A brand with an owner, a manager and a viewer, each a person of their own. */
export async function makeTeam(w: World, name?: string): Promise<Team> {
  const owner = await w.person('brand')
  const brandId = await makeBrand(w, owner, name)
  const manager = await bringIn(w, { brandId, owner, role: 'manager' }, await w.person('brand'))
  const viewer = await bringIn(w, { brandId, owner, role: 'viewer' }, await w.person('brand'))
  return { brandId, owner, manager, viewer }
}

type Opening = { kind?: RoomKind; creator?: UserId }
/** A room that follows the brand's team. */
export const openRoom = (w: World, brandId: BrandId, { kind = 'campaign', creator }: Opening = {}): Promise<RoomId> => {
  const ctx = w.asSystem()
  return ctx.em.transactional(async (em: EntityManager) => {
    await lockBrand(em, brandId)
    const by = { actor: SYSTEM, commandId: commandId(), accessVersion: null }
    const { room, created, joining } = await openTeamRoom(em, by, { kind, brandId, title: 'A room', ...(creator && { creator }) })
    await append(em, ctx, by, [created], joining)
    return room.id
  })
}

/** What the brand's own log says, in order. */
export async function factsOf(w: World, brandId: BrandId): Promise<{ type: string; actor: string; deal: unknown }[]> {
  const { rows } = await w.db.pool.query<{ type: string; actor: string; deal: string }>(
    'select type, actor_key as actor, deal from event where stream_id = $1 order by seq',
    [brandId],
  )
  return rows.map(({ deal, ...row }) => ({ ...row, deal: JSON.parse(deal) }))
}
