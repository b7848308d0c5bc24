import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import { blankProfile, type Output, type ProfileFields, type PutProfile, SYSTEM } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import { lockProfile, writeProfile } from '../../persistence/profiles.ts'
import { assertKnown, type Chosen } from '../catalogue/catalogue.ts'
import { type Ctx, caller, demand } from '../ctx.ts'
import { assertCurrent } from '../market/authorise.ts'
import { once, ownId } from '../once.ts'

/** Replaces what the caller shows of themselves. The same again changes nothing, and tells nothing. */
export async function putProfile(ctx: Ctx, input: PutProfile): Promise<Output<'profile.put'>> {
  const { userId } = caller(ctx)
  demand(ctx, 'apply')
  const { commandId, version: of, ...given } = input
  const fields: ProfileFields = { ...blankProfile, ...given }
  const catalogue = await ctx.catalogue.read() // here, since it may ask for a connection of its own
  return ctx.em.transactional(async (em) => {
    const before = await lockProfile(em, userId)
    if (!before) throw notFound('person')
    return once(em, ctx, 'profile.put', input, async () => {
      assertCurrent(before, { version: of })
      assertKnown(catalogue, chosen(fields), chosen(before.fields))
      if (of > 0 && isSame(before.fields, fields)) return { version: of }
      const version = of + 1
      await writeProfile(em, userId, { version, fields }, ctx.now())
      const by = { actor: SYSTEM, commandId: ownId(ctx, commandId), accessVersion: null }
      await ctx.log.append(em, [{ ...by, streamId: userId, type: 'profile.changed', deal: { version }, personal: null }])
      return { version }
    })
  })
}

const chosen = ({ channels, categories }: ProfileFields): Chosen => ({ platforms: channels.map(({ platform }) => platform), categories })
const isSame = (a: ProfileFields, b: ProfileFields) => canonical(a as Json) === canonical(b as Json)
