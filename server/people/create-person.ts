import { UniqueConstraintViolationException } from '@mikro-orm/core'
import { type CreatePerson, newId, ParleyError, type UserId } from '../../client-sdk/contract/index.ts'
import { Person } from '../../persistence/entities/people.ts'
import { createStream } from '../../persistence/event-log.ts'
import { type Ctx, demand } from '../ctx.ts'
import { once } from '../once.ts'
import { hashPassword } from '../sessions/password.ts'

/**
 * Makes an account with its own stream, by the platform or an administrator. The password is no part of the command's
 * fingerprint, which is too fast a hash for it: sent again with another one, the first stands. Throws `person.exists`.
 */
export async function createPerson(ctx: Ctx, { password, ...input }: CreatePerson): Promise<{ userId: UserId }> {
  demand(ctx, 'administer')
  const { name, role } = input
  const email = input.email.toLowerCase()
  const passwordHash = await hashPassword(password)
  try {
    return await ctx.em.transactional((em) =>
      once(em, ctx, 'person.create', input, async () => {
        const id = newId<UserId>()
        await createStream(em, id, 'user')
        em.create(Person, { id, email, name, role, passwordHash })
        await em.flush()
        return { userId: id }
      }),
    )
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw new ParleyError('person.exists', 'This e-mail address has an account')
    throw error
  }
}
