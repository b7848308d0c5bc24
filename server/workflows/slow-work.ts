import { ParleyError } from '../../client-sdk/contract/index.ts'
import { type Ctx, demand } from '../ctx.ts'
import type { WorkflowAdmin } from '../ports.ts'

/** Slow work, for administrators alone. Throws `server.unavailable` where this server has none to show. */
export function slowWork(ctx: Ctx): WorkflowAdmin {
  demand(ctx, 'administer')
  if (!ctx.workflows) throw new ParleyError('server.unavailable', 'This server runs without Temporal: there is no slow work to look at')
  return ctx.workflows
}
