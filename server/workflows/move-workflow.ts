import { type MovedWorkflow, type MoveWorkflow, PLATFORM, SYSTEM } from '../../client-sdk/contract/index.ts'
import { alone } from '../../persistence/alone.ts'
import { type Ctx, caller } from '../ctx.ts'
import { once, ownId } from '../once.ts'
import type { WorkflowAdmin } from '../ports.ts'
import { slowWork } from './slow-work.ts'

/**
 * Retries, resets or cancels a run. That somebody does is on the platform's stream before Temporal hears of it, and not at all where it is
 * not possible: that is looked at first. Whoever does not know whether it was done orders it again, and Temporal hears it again. One at a time for each
 * workflow: of two people who mend the same, the second is refused.
 */
export async function moveWorkflow(ctx: Ctx, input: MoveWorkflow): Promise<MovedWorkflow> {
  const admin = slowWork(ctx)
  // Temporal takes two at the same moment for two, even under one id.
  return alone(ctx.db.pool, `move ${input.workflowId}`, () => tellAndMove(ctx, admin, input))
}

async function tellAndMove(ctx: Ctx, admin: WorkflowAdmin, input: MoveWorkflow): Promise<MovedWorkflow> {
  const { commandId, workflowId, runId, move, reason } = input
  const refusal = await admin.refusal(input)
  await ctx.em.transactional((em) =>
    once(em, ctx, 'workflow.move', input, async () => {
      if (refusal) throw refusal // only here: what was ordered before is possible no more, and is answered all the same
      const by = { actor: SYSTEM, commandId: ownId(ctx, commandId), accessVersion: null }
      const what = { type: 'workflow.moved', deal: { workflowId, runId, move }, personal: { by: caller(ctx).userId, reason } } as const
      await ctx.log.append(em, [{ ...by, streamId: PLATFORM, ...what }])
      return null
    }),
  )
  return { workflowId, ...(await admin.move({ ...input, commandId: ownId(ctx, commandId) })) }
}
