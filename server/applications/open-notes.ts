import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type OpenNotes, type Output, SYSTEM } from '../../client-sdk/contract/index.ts'
import { saveNotesRoom } from '../../persistence/applications/changes.ts'
import { Application } from '../../persistence/entities/applications.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { Person } from '../../persistence/entities/people.ts'
import { notFound } from '../../persistence/event-log.ts'
import { holdTeam } from '../campaigns/hold.ts'
import type { Ctx } from '../ctx.ts'
import { asParty, insisting } from '../market/authorise.ts'
import { openTeamRoom } from '../market/team-rooms.ts'
import { once } from '../once.ts'
import { append } from '../rooms/membership.ts'
import { roomTitle } from './room-title.ts'

/** The team's own room about an application, made when it is first asked for. The creator learns nothing of it, not even by a version. */
export const openNotes = (ctx: Ctx, input: OpenNotes): Promise<Output<'application.openNotes'>> =>
  insisting(async () => {
    const { brandId } = await asParty(ctx, 'decide', input.applicationId)
    return ctx.em.fork().transactional(async (em) => {
      await holdTeam(em, ctx, 'decide', brandId) // the new room has no access version yet that the log could check
      const which = { brandId, id: input.applicationId }
      const application = await em.findOne(Application, which, { lockMode: LockMode.PESSIMISTIC_WRITE })
      if (!application) throw notFound('application')
      return once(em, ctx, 'application.openNotes', input, async () => ({
        roomId: application.notesRoomId ?? (await open(em, ctx, input, application)),
      }))
    })
  })

/** The caller holds brand and application. */
async function open(em: EntityManager, ctx: Ctx, { commandId }: OpenNotes, application: Application) {
  const { brandId, id, campaignId, creatorId } = application
  const campaign = await em.findOneOrFail(Campaign, { brandId, id: campaignId })
  const creator = await em.findOneOrFail(Person, creatorId)
  const by = { actor: SYSTEM, commandId, accessVersion: null }
  const title = roomTitle(`Notes: ${campaign.title} × ${creator.name}`)
  const { room, created, joining } = await openTeamRoom(em, by, { kind: 'notes', brandId, title })
  await saveNotesRoom(em, id, room.id)
  await append(em, ctx, by, [created], joining)
  return room.id
}
