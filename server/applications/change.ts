import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type ApplicationActor,
  type ApplicationId,
  type ApplicationMove,
  type ApplicationPlace,
  type BrandId,
  type CampaignId,
  isFinal,
  isOpen,
  nextApplication,
  ParleyError,
  type UserId,
} from '../../client-sdk/contract/index.ts'
import { countMove } from '../../persistence/applications/changes.ts'
import { Application } from '../../persistence/entities/applications.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { Member, Room } from '../../persistence/entities/rooms.ts'
import type { Entry } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { type By, count, ended } from '../rooms/membership.ts'

type Which = { brandId: BrandId; campaignId: CampaignId; applicationId: ApplicationId; move?: ApplicationMove }
/** `room`: the campaign's, held where the move may end the application, and with it the creator's place there. */
export type Held = { campaign: Campaign; application: Application; room: Room | null }

const endings: readonly ApplicationMove[] = ['decline', 'withdraw', 'expire']

/** Locks what a move changes, parents before children. Undefined where it is not there or, not waiting, where somebody has it in hand. */
export async function hold(em: EntityManager, { brandId, campaignId, applicationId, move }: Which, wait = true): Promise<Held | undefined> {
  const lockMode = wait ? LockMode.PESSIMISTIC_WRITE : LockMode.PESSIMISTIC_PARTIAL_WRITE
  const campaign = await em.findOne(Campaign, { brandId, id: campaignId }, { lockMode: LockMode.PESSIMISTIC_READ })
  const application = campaign && (await em.findOne(Application, { brandId, id: applicationId, campaignId }, { lockMode }))
  if (!application) return undefined
  const room = move && endings.includes(move) ? await em.findOne(Room, campaign.roomId, { lockMode: LockMode.PESSIMISTIC_WRITE }) : null
  return { campaign, application, room }
}

type Change = { move: ApplicationMove; as: ApplicationActor; by: By; reason: string | null }

export const illegal = (why: string) => new ParleyError('application.illegalMove', why)

/** Moves an application that is held. Whoever is out of the running is out of the campaign's room, and stays in the application's. */
export async function change(em: EntityManager, ctx: Ctx, held: Held, { move, as, by, reason }: Change): Promise<ApplicationPlace> {
  const { application, campaign, room } = held
  const { id: applicationId, roomId, state: from } = application
  const to = nextApplication(from, move, as)
  if (!to) throw illegal(`${move} is not possible from ${from}`)
  const version = application.version + 1 // as the flush raises it
  await countMove(em, campaign.id, from, to)
  const left = room && isOpen(from) ? await leave(em, ctx, by, room, application.creatorId) : []
  const moved: Entry = {
    ...by,
    streamId: roomId,
    type: 'application.statusChanged',
    deal: { move, from, to, version },
    personal: { reason },
  }
  const [told] = await ctx.log.append(em, [moved, ...left], left.length > 0 ? [campaign.roomId] : [])
  em.assign(application, { state: to, changedAt: ctx.now(), moved: told!.seq, ...(isFinal(to) && { expiresAt: null, disputedAt: null }) })
  await em.flush() // once: to write a row twice locks what it refers to
  return { applicationId, version, state: to, roomId }
}

/** The caller holds the room's row. */
async function leave(em: EntityManager, ctx: Ctx, by: By, room: Room, userId: UserId): Promise<Entry[]> {
  const member = await em.findOne(Member, { roomId: room.id, userId, removedAt: null })
  if (!member) return []
  member.removedAt = ctx.now()
  count(room, member.role, -1)
  await em.flush()
  return [ended(ctx, by, room, member)]
}
