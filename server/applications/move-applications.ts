import { eventId } from '../../client-sdk/contract/chain.ts'
import {
  type ActorKey,
  type ApplicationId,
  type CommandId,
  type MoveApplications,
  type Moved,
  ParleyError,
} from '../../client-sdk/contract/index.ts'
import { applicationsAmong } from '../../persistence/applications/details.ts'
import { digest } from '../../persistence/digest.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { asViewer } from '../market/authorise.ts'
import { moveApplication } from './move-application.ts'

/**
 * Moves several applications of one campaign, each by itself in a transaction of its own: one that is refused holds up no
 * other. Each has a command id of its own, so a repeat moves none twice. Throws where PostgreSQL is lost midway: send it again.
 */
export async function moveApplications(ctx: Ctx, input: MoveApplications): Promise<Moved> {
  const { campaignId, move, reason, applications } = input
  await asViewer(ctx, 'decide', campaignId)
  const ids = applications.map(({ applicationId }) => applicationId)
  const its = await applicationsAmong(ctx.db.pool, campaignId, ids)
  const result: Moved = { moved: [], refused: [] }
  for (const { applicationId, version } of applications) {
    const commandId = commandIdOf(input, applicationId)
    try {
      if (!its.has(applicationId)) throw notFound('application')
      result.moved.push(await moveApplication(ctx, { commandId, applicationId, version, move, reason }))
    } catch (error) {
      if (!(error instanceof ParleyError) || error.retryable) throw error
      result.refused.push({ applicationId, code: error.code })
    }
  }
  return result
}

/** UUIDv5, like an event's id: of the command and what it moves. */
const commandIdOf = ({ commandId }: MoveApplications, id: ApplicationId): CommandId =>
  eventId(digest, commandId, id as string as ActorKey, 0) as string as CommandId
