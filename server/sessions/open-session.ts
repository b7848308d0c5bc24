import { hash, randomBytes } from 'node:crypto'
import { LockMode } from '@mikro-orm/core'
import { newId, ParleyError, type Session, type SessionId, type UserId } from '../../client-sdk/contract/index.ts'
import * as db from '../../persistence/entities/people.ts'
import { databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'

const DAY = 24 * 60 * 60 * 1_000

/** A new session for somebody whose identity is proven. */
export async function openSession(ctx: Ctx, userId: UserId): Promise<Session> {
  const createdAt = ctx.now()
  const refreshToken = randomBytes(32).toString('base64url')
  const { person, session } = await ctx.em.transactional(async (em) => {
    const person = await em.findOne(db.Person, userId, { lockMode: LockMode.PESSIMISTIC_READ }) // a block waits, or is seen
    if (!person) throw badCredentials()
    if (person.blockedAt) throw new ParleyError('person.blocked', 'This account is blocked')
    const endsAt = new Date(createdAt.getTime() + ctx.sessionDays * DAY)
    const session = em.create(db.Session, {
      id: newId<SessionId>(),
      personId: userId,
      createdAt,
      endsAt,
      endedAt: null,
      provedAt: await databaseNow(em),
    })
    await em.flush()
    em.create(db.RefreshToken, { hash: hashOf(refreshToken), sessionId: session.id, usedBy: null })
    return { person, session }
  })
  return answer(ctx, person, session, refreshToken)
}

/** What signing in and renewing answer: a fresh access token with the next refresh token. */
export async function answer(ctx: Ctx, person: db.Person, session: db.Session, refreshToken: string): Promise<Session> {
  const { id: userId, name, role } = person
  const { accessToken, endsAt } = await ctx.tokens.issue({ sessionId: session.id, userId, role }, session.endsAt, ctx.now())
  return { sessionId: session.id, userId, name, role, accessToken, expiresAt: endsAt.toISOString(), refreshToken }
}

export const badCredentials = () => new ParleyError('session.badCredentials', 'E-mail and password do not match')

/** All that is stored of a refresh token. It is 256 random bits, so a fast hash will do. */
export const hashOf = (refreshToken: string): Buffer => hash('sha256', refreshToken, 'buffer')
