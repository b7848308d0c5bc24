import type { Output, RemoveFromTeam, SetTeamRole } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { unfinished } from '../market/unfinished.ts'

export const setTeamRole = (_ctx: Ctx, _input: SetTeamRole): Promise<Output<'brand.setRole'>> => unfinished()

export const removeFromTeam = (_ctx: Ctx, _input: RemoveFromTeam): Promise<Output<'brand.removeMember'>> => unfinished()

export const passOn = (_ctx: Ctx, _input: RemoveFromTeam): Promise<Output<'brand.passOn'>> => unfinished()
