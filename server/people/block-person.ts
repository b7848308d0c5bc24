import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type BlockPerson, ParleyError, type StreamId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { TeamMember } from '../../persistence/entities/brands.ts'
import { Person, Session } from '../../persistence/entities/people.ts'
import { Member } from '../../persistence/entities/rooms.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, demand } from '../ctx.ts'
import { once, ownId } from '../once.ts'

/**
 * Shuts somebody out of the platform: their sessions end, and the access version of every room and brand that they are in rises, so that
 * nothing of theirs that was checked before commits after, and no gate delivers to them what follows. They stay a member.
 */
export const blockPerson = (ctx: Ctx, input: BlockPerson): Promise<{ userId: BlockPerson['userId'] }> =>
  change(ctx, 'person.block', input, async (em, person) => {
    if (person.blockedAt) return
    person.blockedAt = ctx.now()
    await em.nativeUpdate(Session, { personId: person.id, endedAt: null }, { endedAt: ctx.now() })
    await em.flush()
    await tell(ctx, em, input, 'person.blocked', [...(await roomsOf(em, person)), ...(await brandsOf(em, person))])
  })

/** Lets them in again, by a new session. */
export const unblockPerson = (ctx: Ctx, input: BlockPerson): Promise<{ userId: BlockPerson['userId'] }> =>
  change(ctx, 'person.unblock', input, async (em, person) => {
    if (!person.blockedAt) return
    person.blockedAt = null
    await em.flush()
    await tell(ctx, em, input, 'person.unblocked', [])
  })

function change(ctx: Ctx, name: string, input: BlockPerson, effect: (em: EntityManager, person: Person) => Promise<void>) {
  demand(ctx, 'administer')
  if (ctx.session?.userId === input.userId) throw new ParleyError('access.denied', 'Nobody blocks themselves')
  return ctx.em.transactional(async (em) => {
    const person = await em.findOne(Person, input.userId, { lockMode: LockMode.PESSIMISTIC_WRITE })
    if (!person) throw notFound('person')
    return once(em, ctx, name, input, async () => {
      await effect(em, person)
      return { userId: person.id }
    })
  })
}

async function roomsOf(em: EntityManager, { id: userId }: Person): Promise<StreamId[]> {
  const members = await em.find(Member, { userId, removedAt: null })
  return members.map((member) => member.roomId)
}

async function brandsOf(em: EntityManager, { id: userId }: Person): Promise<StreamId[]> {
  const members = await em.find(TeamMember, { userId, removedAt: null })
  return members.map((member) => member.brandId)
}

async function tell(
  ctx: Ctx,
  em: EntityManager,
  { userId, commandId }: BlockPerson,
  type: 'person.blocked' | 'person.unblocked',
  raises: StreamId[],
): Promise<void> {
  const by = { actor: SYSTEM, commandId: ownId(ctx, commandId), accessVersion: null }
  await ctx.log.append(em, [{ ...by, streamId: userId, type, deal: {}, personal: null }], raises)
}
