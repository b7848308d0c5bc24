import { randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type BrandId,
  type CampaignFields,
  type CampaignId,
  type CampaignPlace,
  type CommandId,
  newId,
  SYSTEM,
} from '../../client-sdk/contract/index.ts'
import { indexCampaign } from '../../persistence/campaigns/write.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { type Ctx, caller } from '../ctx.ts'
import { limited } from '../limits.ts'
import { openTeamRoom } from '../market/team-rooms.ts'
import { append } from '../rooms/membership.ts'
import { columnsOf, placeOf } from './fields.ts'

type NewCampaign = { brandId: BrandId; commandId: CommandId; fields: CampaignFields; text: string }

/** A draft with its room and its code. The caller holds the brand's team; see `holdTeam`. Throws `rate.limited`. */
export async function openCampaign(em: EntityManager, ctx: Ctx, { brandId, commandId, fields, text }: NewCampaign): Promise<CampaignPlace> {
  const { userId } = caller(ctx)
  if (!ctx.limits.campaigns.take(userId)) throw limited(ctx.limits, 'campaigns', userId)
  const told = { commandId, accessVersion: null } // the room is new: nothing that rights rest on can have changed in it
  const { room, created, joining, keyOf } = await openTeamRoom(
    em,
    { actor: SYSTEM, ...told },
    { kind: 'campaign', brandId, title: fields.title },
  )
  const id = newId<CampaignId>()
  const now = ctx.now()
  const state = { state: 'draft', code: newCode(), createdAt: now, publishedAt: null, changedAt: now } as const
  const campaign = em.create(Campaign, { id, brandId, roomId: room.id, ...state, ...columnsOf(fields) })
  await em.flush()
  await indexCampaign(em, id, brandId, text)
  const by = { ...told, actor: keyOf(userId) }
  const deal = { campaignId: id, brandId }
  await append(em, ctx, by, [created, { ...by, streamId: room.id, type: 'campaign.created', deal, personal: null }], joining)
  return placeOf(campaign)
}

/** Crockford's: without letters that are taken for others. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 60 random bits. */
const newCode = (): string => Array.from(randomBytes(12), (byte) => LETTERS[byte & 31]).join('')
