import type { ApplicationId } from '../../client-sdk/contract/index.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'

export type WorkStep = Step<string>

export async function nextOfWork(_ctx: Ctx, _applicationId: ApplicationId): Promise<WorkStep | null> {
  return null
}

export async function stepWork(_ctx: Ctx, _applicationId: ApplicationId, _step: WorkStep): Promise<void> {}
