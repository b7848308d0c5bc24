import { type Output, PLATFORM, type PutEntry, SYSTEM } from '../../client-sdk/contract/index.ts'
import { putCatalogueEntry } from '../../persistence/catalogue.ts'
import { type Ctx, demand } from '../ctx.ts'
import { once, ownId } from '../once.ts'

/** Adds something to choose from, names it anew, retires it or brings it back. It tells so only where something changed. */
export async function putEntry(ctx: Ctx, input: PutEntry): Promise<Output<'catalogue.put'>> {
  demand(ctx, 'administer')
  const { commandId, ...entry } = input
  const { list, key } = entry
  return ctx.em.transactional((em) =>
    once(em, ctx, 'catalogue.put', input, async () => {
      if (!(await putCatalogueEntry(em, entry))) return { key }
      const by = { actor: SYSTEM, commandId: ownId(ctx, commandId), accessVersion: null }
      await ctx.log.append(em, [{ ...by, streamId: PLATFORM, type: 'catalogue.changed', deal: { list, key }, personal: null }])
      return { key }
    }),
  )
}
