import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { ParleyError, type Proved, type SessionId, type StepUp } from '../../client-sdk/contract/index.ts'
import { Person, Session } from '../../persistence/entities/people.ts'
import { databaseNow } from '../../persistence/market.ts'
import { type Ctx, caller } from '../ctx.ts'
import { badCredentials } from './open-session.ts'
import { verifyPassword } from './password.ts'
import { spendAttempt } from './sign-in.ts'

/** How long it counts that somebody proved who they are, in ms. */
const STEP_UP = 10 * 60 * 1_000

/** Proves within a session who its person is. As many attempts as there are to sign in, counted apart: nobody without a session spends them. */
export async function stepUp(ctx: Ctx, { password }: StepUp, address: string): Promise<Proved> {
  const { userId, sessionId } = caller(ctx)
  const person = await ctx.em.findOneOrFail(Person, userId)
  await spendAttempt(ctx.limits, userId, address)
  if (!(await verifyPassword(password, person.passwordHash))) throw badCredentials()
  const provedAt = await ctx.em.fork().transactional((em) => prove(em, person.id, sessionId))
  return { provedAt: provedAt.toISOString(), until: new Date(provedAt.getTime() + STEP_UP).toISOString() }
}

async function prove(em: EntityManager, personId: Person['id'], id: SessionId): Promise<Date> {
  const person = await em.findOne(Person, personId, { lockMode: LockMode.PESSIMISTIC_READ }) // a block waits, or is seen
  if (!person || person.blockedAt) throw new ParleyError('person.blocked', 'This account is blocked')
  const session = await em.findOne(Session, { id, personId, endedAt: null }, { lockMode: LockMode.PESSIMISTIC_WRITE })
  if (!session) throw ended()
  session.provedAt = await databaseNow(em)
  return session.provedAt
}

/**
 * When the session's person proved last who they are, as of `now`, PostgreSQL's moment. Throws `session.stepUpRequired` where that is
 * too long ago.
 */
export async function provedAt(em: EntityManager, sessionId: SessionId, now: Date): Promise<Date> {
  const session = await em.findOne(Session, { id: sessionId, endedAt: null })
  if (!session) throw ended()
  if (session.provedAt.getTime() + STEP_UP <= now.getTime())
    throw new ParleyError('session.stepUpRequired', 'Prove again who you are: this binds you')
  return session.provedAt < now ? session.provedAt : now // who proves it while this is decided has by then
}

const ended = () => new ParleyError('session.ended', 'This session has ended; sign in again')
