import { LockMode } from '@mikro-orm/core'
import { Session } from '../../persistence/entities/people.ts'
import { type Ctx, caller } from '../ctx.ts'
import { endSession } from './end-session.ts'

/** Ends the caller's session. Again it does nothing. */
export function signOut(ctx: Ctx): Promise<void> {
  const { sessionId } = caller(ctx)
  return ctx.em.transactional(async (em) => {
    const session = await em.findOne(Session, sessionId, { lockMode: LockMode.PESSIMISTIC_WRITE })
    if (session && !session.endedAt) await endSession(em, ctx, session, 'signedOut')
  })
}
