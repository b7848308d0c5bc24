import { type Catalogue, type CatalogueList, ParleyError } from '../../client-sdk/contract/index.ts'
import { type Ctx, caller } from '../ctx.ts'

/** Keys of the catalogue that something has, or is to have. */
export type Chosen = Record<CatalogueList, readonly string[]>

/** What there is to choose from. */
export async function getCatalogue(ctx: Ctx): Promise<Catalogue> {
  caller(ctx)
  return ctx.catalogue.read()
}

/**
 * Throws `catalogue.unknown`, with the key, for what is not in the catalogue or is retired. What the thing had `before` may stay.
 * Not inside a transaction, as it may ask the pool: there `assertKnown` is for what `ctx.catalogue.read()` gave before.
 */
export async function assertInCatalogue(ctx: Ctx, wanted: Chosen, before?: Chosen): Promise<void> {
  assertKnown(await ctx.catalogue.read(), wanted, before)
}

/** The same of a catalogue that was read already. */
export function assertKnown(catalogue: Catalogue, wanted: Chosen, before?: Chosen): void {
  for (const list of ['platforms', 'categories'] as const) {
    const open = new Set(catalogue[list].filter(({ retired }) => !retired).map(({ key }) => key as string))
    const unknown = wanted[list].find((key) => !open.has(key) && !before?.[list].includes(key))
    if (unknown !== undefined) throw new ParleyError('catalogue.unknown', `There is no ${unknown} to choose among the ${list}`)
  }
}
