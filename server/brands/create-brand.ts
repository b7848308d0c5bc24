import type { CreateBrand, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const createBrand = (_ctx: Ctx, _input: CreateBrand): Promise<Output<'brand.create'>> => unfinished()
