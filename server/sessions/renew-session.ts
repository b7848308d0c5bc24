import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { ParleyError, type RenewSession, type Session } from '../../client-sdk/contract/index.ts'
import * as db from '../../persistence/entities/people.ts'
import type { Ctx } from '../ctx.ts'
import { endSession } from './end-session.ts'
import { answer, hashOf } from './open-session.ts'

type Exchange = { person: db.Person; session: db.Session; successor: string }

/**
 * Exchanges a refresh token for the next one and a fresh access token. The same command gets the same successor again: its
 * answer was lost. Another command with a token that was used is a thief's, or the owner's after a thief (RFC 9700, 4.14.2):
 * the session ends, and that commits although the answer is an error. Throws `session.ended`.
 */
export async function renewSession(ctx: Ctx, input: RenewSession): Promise<Session> {
  const exchanged = await ctx.em.transactional((em) => exchange(em, ctx, input))
  if (!exchanged) throw new ParleyError('session.ended', 'This session has ended; sign in again')
  return answer(ctx, exchanged.person, exchanged.session, exchanged.successor)
}

async function exchange(em: EntityManager, ctx: Ctx, { refreshToken, commandId }: RenewSession): Promise<Exchange | null> {
  const found = await em.findOne(db.RefreshToken, { hash: hashOf(refreshToken) })
  const session = found && (await em.findOne(db.Session, found.sessionId, { lockMode: LockMode.PESSIMISTIC_WRITE }))
  if (!session || session.endedAt || session.endsAt <= ctx.now()) return null
  const token = await em.refreshOrFail(found) // under the session's lock: another renewal may have come first
  if (token.usedBy !== null && token.usedBy !== commandId) {
    await endSession(em, ctx, session, 'tokenReused')
    return null
  }
  token.usedBy = commandId
  const person = await em.findOneOrFail(db.Person, session.personId)
  const successor = ctx.tokens.successor(refreshToken, commandId)
  const next = await em.findOne(db.RefreshToken, { hash: hashOf(successor) })
  if (next && next.usedBy !== null) return null // its answer was not lost: who asks again is too late, or nobody to answer
  if (!next) em.create(db.RefreshToken, { hash: hashOf(successor), sessionId: session.id, usedBy: null })
  return { person, session, successor }
}
