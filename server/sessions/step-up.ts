import type { EntityManager } from '@mikro-orm/postgresql'
import { ParleyError, type Proved, type SessionId, type StepUp } from '../../client-sdk/contract/index.ts'
import { Person, Session } from '../../persistence/entities/people.ts'
import { databaseNow } from '../../persistence/market.ts'
import { type Ctx, caller } from '../ctx.ts'
import { badCredentials } from './open-session.ts'
import { verifyPassword } from './password.ts'

/** How long it counts that somebody proved who they are, in ms. */
export const STEP_UP = 10 * 60 * 1_000

/** Proves within a session who its person is. */
export async function stepUp(ctx: Ctx, { password }: StepUp): Promise<Proved> {
  const { userId, sessionId } = caller(ctx)
  const person = await ctx.em.findOne(Person, userId)
  if (!person || !(await verifyPassword(password, person.passwordHash))) throw badCredentials()
  return ctx.em.transactional(async (em) => {
    const provedAt = await databaseNow(em)
    const n = await em.nativeUpdate(Session, { id: sessionId, endedAt: null }, { provedAt })
    if (n === 0) throw new ParleyError('session.ended', 'This session has ended; sign in again')
    return { provedAt: provedAt.toISOString(), until: new Date(provedAt.getTime() + STEP_UP).toISOString() }
  })
}

/** When the session's person proved last who they are; throws `session.stepUpRequired` where that is too long ago. */
export async function provedAt(em: EntityManager, sessionId: SessionId): Promise<Date> {
  const session = await em.findOne(Session, { id: sessionId, endedAt: null })
  if (!session) throw new ParleyError('session.ended', 'This session has ended; sign in again')
  if (session.provedAt.getTime() + STEP_UP <= (await databaseNow(em)).getTime())
    throw new ParleyError('session.stepUpRequired', 'Prove again who you are: this binds you')
  return session.provedAt
}
