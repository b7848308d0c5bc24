import { BrandFields, type Output, type UpdateBrand } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { assertCurrent } from '../market/authorise.ts'
import { changingBrand } from './changing-brand.ts'

/** Changes what a brand says of itself. The same again changes nothing, and tells nothing. */
export const updateBrand = (ctx: Ctx, input: UpdateBrand): Promise<Output<'brand.update'>> =>
  changingBrand(ctx, 'brand.update', 'manageBrand', input, async ({ em, brand, by }) => {
    assertCurrent(brand, input)
    const fields = BrandFields.keyof().options.filter((field) => input[field] !== undefined && input[field] !== brand[field])
    if (fields.length > 0) {
      em.assign(brand, Object.fromEntries(fields.map((field) => [field, input[field]])))
      await em.flush()
      const deal = { version: brand.version, fields }
      await ctx.log.append(em, [{ ...by, streamId: brand.id, type: 'brand.changed', deal, personal: null }])
    }
    return { brandId: brand.id, version: brand.version }
  })
