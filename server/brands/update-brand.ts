import type { Output, UpdateBrand } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const updateBrand = (_ctx: Ctx, _input: UpdateBrand): Promise<Output<'brand.update'>> => unfinished()
