import { UniqueConstraintViolationException } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type BrandId, newId, ParleyError, type SignUpInvited, type UserId } from '../../client-sdk/contract/index.ts'
import { invitedBy } from '../../persistence/brands.ts'
import { Person } from '../../persistence/entities/people.ts'
import { createStream, notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { once, ownId } from '../once.ts'
import { hashPassword } from '../sessions/password.ts'
import { lockInvited, openInvitation } from './accept-invitation.ts'
import { hashOfCode } from './invite.ts'
import { joinTeam } from './join-team.ts'

type SignedUp = { userId: UserId; brandId: BrandId }

/**
 * Makes an account with the address that was invited, and takes the invitation up. `ctx` is the platform's: it acts for whoever
 * has the code, and for nobody else. The password is no part of the command's fingerprint, as in `createPerson`.
 */
export async function signUpInvited(ctx: Ctx, { password, ...input }: SignUpInvited): Promise<SignedUp> {
  // Hashing costs: it is done for who has a code that is good, and will be looked at again.
  const invited = await invitedBy(ctx.db.pool, hashOfCode(input.code))
  const passwordHash = invited && !invited.hasAccount ? await hashPassword(password) : null
  try {
    return await ctx.em.transactional(async (em) => {
      const brandId = await lockInvited(em, input.code)
      // Ids of the platform's commands are not for strangers to choose.
      return once(em, ctx, 'brand.signUpInvited', { ...input, commandId: ownId(ctx, input.commandId) }, async () => {
        const invitation = await openInvitation(em, brandId, input.code)
        if (!passwordHash) throw invited ? exists() : notFound('invitation')
        const person = await makePerson(em, { email: invitation.email, name: input.name, passwordHash })
        await joinTeam(em, ctx, invitation, person, input.commandId)
        return { userId: person.id, brandId: invitation.brandId }
      })
    })
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw exists()
    throw error
  }
}

async function makePerson(em: EntityManager, person: Pick<Person, 'email' | 'name' | 'passwordHash'>): Promise<Person> {
  const id = newId<UserId>()
  await createStream(em, id, 'user')
  const made = em.create(Person, { ...person, id, role: 'brand' })
  await em.flush()
  return made
}

const exists = () => new ParleyError('person.exists', 'This e-mail address has an account; sign in, and take the invitation up')
