import { defineEntity, p } from '@mikro-orm/core'
import type { BrandId, CampaignFields, CampaignId, CampaignState, RoomId, Visibility } from '../../client-sdk/contract/index.ts'

const CampaignSchema = defineEntity({
  name: 'Campaign',
  properties: {
    // The tenant is part of every key and every reference: a row of another brand cannot even be pointed at.
    brandId: p.uuid().primary().$type<BrandId>(),
    id: p.uuid().primary().$type<CampaignId>(),
    roomId: p.uuid().unique().$type<RoomId>(),
    state: p.text().$type<CampaignState>(),
    version: p.integer().version(),
    title: p.text(),
    brief: p.text().nullable(),
    goals: p.json().$type<string[]>(),
    deliverables: p.json().$type<CampaignFields['deliverables']>(),
    platforms: p.array<string>(),
    categories: p.array<string>(),
    territories: p.array<string>(),
    languages: p.array<string>(),
    budgetMin: p.bigint('number').nullable(),
    budgetMax: p.bigint('number').nullable(),
    currency: p.text().nullable(),
    /** All three are decided under this row's lock by PostgreSQL's clock. */
    opensAt: p.datetime().nullable(),
    applyBy: p.datetime().nullable(),
    decideBy: p.datetime().nullable(),
    startsOn: p.date().nullable(),
    endsOn: p.date().nullable(),
    creators: p.integer().nullable(),
    visibility: p.text().$type<Visibility>(),
    questions: p.json().$type<CampaignFields['questions']>(),
    code: p.text(),
    createdAt: p.datetime(),
    publishedAt: p.datetime().nullable(),
    changedAt: p.datetime(),
    /** The seq, in its room, of the event that moved it last. */
    moved: p.bigint('number').nullable(),
  },
})
export class Campaign extends CampaignSchema.class {}
CampaignSchema.setClass(Campaign)
