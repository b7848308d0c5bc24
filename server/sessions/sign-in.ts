import type { Session, SignIn } from '../../client-sdk/contract/index.ts'
import { Person } from '../../persistence/entities/people.ts'
import { addressKey } from '../address.ts'
import type { Ctx } from '../ctx.ts'
import { type Limits, limited } from '../limits.ts'
import { badCredentials, openSession } from './open-session.ts'
import { verifyPassword } from './password.ts'

/**
 * Opens a session by e-mail and password. A wrong password and an unknown e-mail are the same to the caller, in words and
 * in time. The address is asked first, so that one who may not try any more spends nobody's attempts.
 */
export async function signIn(ctx: Ctx, { email, password }: SignIn, address: string): Promise<Session> {
  await spendAttempt(ctx.limits, email, address)
  const person = await ctx.em.findOne(Person, { email })
  const matches = await verifyPassword(password, person?.passwordHash ?? null)
  if (!person || !matches) throw badCredentials()
  return openSession(ctx, person.id)
}

/** Whoever says a password spends an attempt. The address is asked first, so that one who may not try any more spends nobody's. */
export async function spendAttempt(limits: Limits, account: string, address: string): Promise<void> {
  const from = addressKey(address)
  await attempt(limits, 'signInsByAddress', from)
  await attempt(limits, 'signInsByEmail', `${account} ${from}`)
  await attempt(limits, 'signInsAnywhere', account)
}

async function attempt(limits: Limits, name: `signIns${string}` & keyof Limits, key: string): Promise<void> {
  if (!(await limits[name].take(key))) throw limited(limits, name, key)
}
