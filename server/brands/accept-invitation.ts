import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type AcceptInvitation, type BrandId, type Output, ParleyError } from '../../client-sdk/contract/index.ts'
import { Invitation } from '../../persistence/entities/brands.ts'
import { Person } from '../../persistence/entities/people.ts'
import { notFound } from '../../persistence/event-log.ts'
import { databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { once } from '../once.ts'
import { hiring, lockBrand } from './changing-brand.ts'
import { hashOfCode } from './invite.ts'
import { joinTeam } from './join-team.ts'

/** Takes up an invitation to the caller's own address. One that is anybody else's, used, ended or none at all is the same: not there. */
export function acceptInvitation(ctx: Ctx, input: AcceptInvitation): Promise<Output<'brand.acceptInvitation'>> {
  const userId = hiring(ctx)
  return ctx.em.transactional(async (em) => {
    const person = await em.findOne(Person, userId, { lockMode: LockMode.PESSIMISTIC_READ }) // a block waits, or is seen
    if (!person) throw notFound('person')
    if (person.blockedAt) throw new ParleyError('person.blocked', 'This account is blocked')
    const brandId = await lockInvited(em, input.code)
    return once(em, ctx, 'brand.acceptInvitation', input, async () => {
      const invitation = await openInvitation(em, brandId, input.code)
      if (invitation.email !== person.email) throw notFound('invitation')
      await joinTeam(em, ctx, invitation, person, input.commandId)
      return { brandId: invitation.brandId }
    })
  })
}

/** Locks the brand that the code lets into, of which nothing may be told yet; undefined where there is none. */
export async function lockInvited(em: EntityManager, code: string): Promise<BrandId | undefined> {
  const found = await em.findOne(Invitation, { codeHash: hashOfCode(code) })
  if (found) await lockBrand(em, found.brandId)
  return found?.brandId
}

/** Once its brand is locked: nobody else takes it up, and nobody takes it back. */
export async function openInvitation(em: EntityManager, brandId: BrandId | undefined, code: string): Promise<Invitation> {
  const open = { codeHash: hashOfCode(code), endsAt: { $gt: await databaseNow(em) } }
  const invitation = brandId && (await em.findOne(Invitation, { brandId, ...open }))
  if (!invitation) throw notFound('invitation')
  return invitation
}
