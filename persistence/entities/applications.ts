import { defineEntity, p } from '@mikro-orm/core'
import type { ApplicationId, ApplicationState, BrandId, CampaignId, RoomId, UserId } from '../../client-sdk/contract/index.ts'

const ApplicationSchema = defineEntity({
  name: 'Application',
  properties: {
    brandId: p.uuid().primary().$type<BrandId>(),
    id: p.uuid().primary().$type<ApplicationId>(),
    campaignId: p.uuid().$type<CampaignId>(),
    creatorId: p.uuid().$type<UserId>(),
    roomId: p.uuid().unique().$type<RoomId>(),
    /** The team's own; made when it is first asked for. */
    notesRoomId: p.uuid().nullable().$type<RoomId | null>(),
    state: p.text().$type<ApplicationState>(),
    version: p.integer().version(),
    hasTerms: p.boolean(),
    /** The seq, in its room, of the event that has cover and answers. */
    submitted: p.bigint('number'),
    /** The same, of the event that moved it last. */
    moved: p.bigint('number').nullable(),
    /** Until when the open offer is good. */
    expiresAt: p.datetime().nullable(),
    /** Since when something of it waits for an administrator. */
    disputedAt: p.datetime().nullable(),
    submittedAt: p.datetime(),
    changedAt: p.datetime(),
  },
})
export class Application extends ApplicationSchema.class {}
ApplicationSchema.setClass(Application)
