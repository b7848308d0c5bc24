import type { Application, ApplicationId } from '../../client-sdk/contract/index.ts'
import { applicationOf } from '../../persistence/applications/details.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { asParty } from '../market/authorise.ts'

/** All of an application, for either side. Asked again after reading: nobody sees what came after their rights had ended. */
export async function getApplication(ctx: Ctx, { applicationId }: { applicationId: ApplicationId }): Promise<Application> {
  await asParty(ctx, 'viewApplication', applicationId)
  const application = await applicationOf(ctx.db.pool, applicationId)
  const { role: me } = await asParty(ctx, 'viewApplication', applicationId)
  if (!application) throw notFound('application')
  return { ...application, me, notesRoomId: me === 'creator' ? null : application.notesRoomId }
}
