import type { z } from 'zod'
import { ParleyError, Session } from '../../client-sdk/contract/index.ts'
import { Person } from '../../persistence/entities/people.ts'
import { type Ctx, caller } from '../ctx.ts'

export const Me = Session.pick({ sessionId: true, userId: true, name: true, role: true })
export type Me = z.output<typeof Me>

/** Who is signed in, as the database knows them now. */
export async function getMe(ctx: Ctx): Promise<Me> {
  const { sessionId, userId } = caller(ctx)
  const person = await ctx.em.findOne(Person, userId)
  if (!person) throw new ParleyError('session.ended', 'This account is gone')
  return { sessionId, userId, name: person.name, role: person.role }
}
