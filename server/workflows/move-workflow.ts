import { type MovedWorkflow, type MoveWorkflow, PLATFORM, SYSTEM } from '../../client-sdk/contract/index.ts'
import { type Ctx, caller } from '../ctx.ts'
import { once, ownId } from '../once.ts'
import { slowWork } from './slow-work.ts'

/**
 * Retries, resets or cancels a run. That somebody does is on the platform's stream before Temporal hears of it, and not at all where it is
 * not possible: that is looked at first. Whoever does not know whether it was done orders it again, and Temporal hears it again.
 */
export async function moveWorkflow(ctx: Ctx, input: MoveWorkflow): Promise<MovedWorkflow> {
  const admin = slowWork(ctx)
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
