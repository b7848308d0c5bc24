import type { FindPerson, Person } from '../../client-sdk/contract/index.ts'
import * as db from '../../persistence/entities/people.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'

/** Somebody by their address, for administrators: a room's members are named by id. */
export async function findPerson(ctx: Ctx, { email }: FindPerson): Promise<Person> {
  const person = await ctx.em.findOne(db.Person, { email })
  if (!person) throw notFound('person')
  const { id: userId, name, role } = person
  return { userId, email, name, role }
}
