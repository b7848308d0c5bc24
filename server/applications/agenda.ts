import type { ApplicationId } from '../../client-sdk/contract/index.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'

export type ApplicationStep = Step<string>

export async function nextOfApplication(_ctx: Ctx, _applicationId: ApplicationId): Promise<ApplicationStep | null> {
  return null
}

export async function stepApplication(_ctx: Ctx, _applicationId: ApplicationId, _step: ApplicationStep): Promise<void> {}
