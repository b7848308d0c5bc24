import {
  type GetWorkflow,
  type ListWorkflows,
  type PageOf,
  ParleyError,
  type WorkflowHistory,
  type WorkflowRun,
} from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { slowWork } from './slow-work.ts'

/** Runs of slow work: what goes on first, then what is over, each the newest first. Temporal shows what has just changed a moment later. */
export const listWorkflows = async (ctx: Ctx, question: ListWorkflows): Promise<PageOf<WorkflowRun>> => slowWork(ctx).list(question)

/** One run, and what it did. Throws `resource.notFound`. */
export async function getWorkflow(ctx: Ctx, which: GetWorkflow): Promise<WorkflowHistory> {
  const history = await slowWork(ctx).history(which)
  if (!history) throw new ParleyError('resource.notFound', 'There is no such run')
  return history
}
