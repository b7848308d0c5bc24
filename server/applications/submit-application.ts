import type { Output, SubmitApplication } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const submitApplication = (_ctx: Ctx, _input: SubmitApplication): Promise<Output<'application.submit'>> => unfinished()
