import type { Ctx } from '../ctx.ts'

export async function countCreatorWeek(_ctx: Ctx, _now: string, _alive: () => void): Promise<void> {}
