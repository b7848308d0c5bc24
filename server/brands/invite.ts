import { hash, randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type InvitationId,
  type InviteToBrand,
  newId,
  type Output,
  ParleyError,
  type RevokeInvitation,
} from '../../client-sdk/contract/index.ts'
import { countTeam } from '../../persistence/brands.ts'
import { type Brand, Invitation, TeamMember } from '../../persistence/entities/brands.ts'
import { Person } from '../../persistence/entities/people.ts'
import { type Entry, notFound } from '../../persistence/event-log.ts'
import { databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { writeTo } from '../mail/notify.ts'
import { spendMail } from '../mail/spend-mail.ts'
import { teamInvitation } from '../mail/templates/team-invitation.ts'
import { changingBrand } from './changing-brand.ts'

const LASTS = 14 * 24 * 60 * 60 * 1_000
/** Members and invitations together. */
const TEAM_MAX = 200

/** Sends somebody a code that lets them into the team. Whoever was invited before gets a new one, and the old one ends. */
export const inviteToBrand = (ctx: Ctx, input: InviteToBrand): Promise<Output<'brand.invite'>> =>
  changingBrand(ctx, 'brand.invite', 'manageTeam', input, async ({ em, brand, by }) => {
    const { email, role } = input
    if (await isInTeam(em, brand, email)) throw new ParleyError('member.exists', 'Already of this team')
    const createdAt = await databaseNow(em)
    await em.nativeDelete(Invitation, { brandId: brand.id, endsAt: { $lte: createdAt } })
    const before = await em.findOne(Invitation, { brandId: brand.id, email })
    if (before) await em.remove(before).flush()
    if ((await countTeam(em, brand.id)) >= TEAM_MAX)
      throw new ParleyError('brand.full', `A team and its invitations are at most ${TEAM_MAX}`)
    spendMail(ctx, email)
    const code = randomBytes(32).toString('base64url')
    const endsAt = new Date(createdAt.getTime() + LASTS)
    const id = newId<InvitationId>()
    em.create(Invitation, { brandId: brand.id, id, email, role, codeHash: hashOfCode(code), createdAt, endsAt })
    await em.flush()
    const data = { brand: brand.name, role, code, endsAt: endsAt.toISOString() }
    await writeTo(em, ctx, { to: [email], template: teamInvitation, data, invitationId: id })
    const on = { ...by, streamId: brand.id }
    const replaced: Entry[] = before ? [{ ...on, type: 'brand.invitationRevoked', deal: { invitationId: before.id }, personal: null }] : []
    await ctx.log.append(em, [...replaced, { ...on, type: 'brand.invited', deal: { invitationId: id, role }, personal: null }])
    return { invitationId: id }
  })

export const revokeInvitation = (ctx: Ctx, input: RevokeInvitation): Promise<Output<'brand.revokeInvitation'>> =>
  changingBrand(ctx, 'brand.revokeInvitation', 'manageTeam', input, async ({ em, brand, by }) => {
    const { invitationId } = input
    const invitation = await em.findOne(Invitation, { brandId: brand.id, id: invitationId })
    if (!invitation) throw notFound('invitation')
    await em.remove(invitation).flush()
    await ctx.log.append(em, [{ ...by, streamId: brand.id, type: 'brand.invitationRevoked', deal: { invitationId }, personal: null }])
    return { invitationId }
  })

/** All that is stored of a code. It is 256 random bits, so a fast hash will do. */
export const hashOfCode = (code: string): Buffer => hash('sha256', code, 'buffer')

async function isInTeam(em: EntityManager, { id: brandId }: Brand, email: string): Promise<boolean> {
  const person = await em.findOne(Person, { email })
  return person !== null && (await em.count(TeamMember, { brandId, userId: person.id, removedAt: null })) > 0
}
