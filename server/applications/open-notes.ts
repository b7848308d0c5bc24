import type { OpenNotes, Output } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const openNotes = (_ctx: Ctx, _input: OpenNotes): Promise<Output<'application.openNotes'>> => unfinished()
