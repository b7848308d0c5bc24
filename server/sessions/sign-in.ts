import { ParleyError, type Session, type SignIn } from '../../client-sdk/contract/index.ts'
import { Person } from '../../persistence/entities/people.ts'
import type { Ctx } from '../ctx.ts'
import { addressKey } from '../limits.ts'
import { badCredentials, openSession } from './open-session.ts'
import { verifyPassword } from './password.ts'

/**
 * Opens a session by e-mail and password. A wrong password and an unknown e-mail are the same to the caller, in words and
 * in time. The address is asked first, so that one who may not try any more spends nobody's attempts.
 */
export async function signIn(ctx: Ctx, { email, password }: SignIn, address: string): Promise<Session> {
  const { signInsByAddress, signInsByEmail, signInsAnywhere } = ctx.limits
  const from = addressKey(address)
  const withinLimit = signInsByAddress.take(from) && signInsByEmail.take(`${email} ${from}`) && signInsAnywhere.take(email)
  if (!withinLimit) throw new ParleyError('rate.limited', 'Too many attempts to sign in; wait a few minutes')
  const person = await ctx.em.findOne(Person, { email })
  const matches = await verifyPassword(password, person?.passwordHash ?? null)
  if (!person || !matches) throw badCredentials()
  return openSession(ctx, person.id)
}
