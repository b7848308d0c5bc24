import { type ActorKey, type BrandId, blankBrand, type CreateBrand, newId, type Output } from '../../client-sdk/contract/index.ts'
import { Brand, TeamMember } from '../../persistence/entities/brands.ts'
import { Person } from '../../persistence/entities/people.ts'
import { createStream, notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { once } from '../once.ts'
import { hiring } from './changing-brand.ts'

/** A new brand; who makes it owns it. */
export function createBrand(ctx: Ctx, input: CreateBrand): Promise<Output<'brand.create'>> {
  const userId = hiring(ctx)
  const { commandId, ...fields } = input
  return ctx.em.transactional((em) =>
    once(em, ctx, 'brand.create', input, async () => {
      const person = await em.findOne(Person, userId)
      if (!person) throw notFound('person')
      const [id, actor] = [newId<BrandId>(), newId<ActorKey>()]
      await createStream(em, id, 'brand')
      const brand = em.create(Brand, { ...blankBrand, ...fields, id, createdAt: ctx.now() })
      await em.flush()
      em.create(TeamMember, { brandId: id, actorKey: actor, userId, role: 'owner', since: ctx.now() })
      await em.flush()
      const by = { actor, commandId, accessVersion: null, streamId: id }
      await ctx.log.append(em, [
        { ...by, type: 'brand.created', deal: { brandId: id }, personal: null },
        { ...by, type: 'brand.memberAdded', deal: { member: actor, role: 'owner' }, personal: { name: person.name } },
      ])
      return { brandId: id, version: brand.version }
    }),
  )
}
