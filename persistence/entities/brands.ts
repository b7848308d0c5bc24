import { defineEntity, p } from '@mikro-orm/core'
import type { ActorKey, BrandId, InvitationId, TeamRole, UserId } from '../../client-sdk/contract/index.ts'

const BrandSchema = defineEntity({
  name: 'Brand',
  properties: {
    id: p.uuid().primary().$type<BrandId>(),
    version: p.integer().version(),
    name: p.text(),
    about: p.text().nullable(),
    website: p.text().nullable(),
    territory: p.text().nullable(),
    createdAt: p.datetime(),
  },
})
export class Brand extends BrandSchema.class {}
BrandSchema.setClass(Brand)

const TeamMemberSchema = defineEntity({
  name: 'TeamMember',
  uniques: [{ properties: ['brandId', 'userId'] }],
  properties: {
    brandId: p.uuid().primary().$type<BrandId>(),
    /** Who they are in the brand's stream: random, and tied to a person only here. */
    actorKey: p.uuid().primary().$type<ActorKey>(),
    userId: p.uuid().nullable().$type<UserId | null>(),
    role: p.text().$type<TeamRole>(),
    since: p.datetime(),
    removedAt: p.datetime().nullable(),
  },
})
export class TeamMember extends TeamMemberSchema.class {}
TeamMemberSchema.setClass(TeamMember)

const InvitationSchema = defineEntity({
  name: 'Invitation',
  properties: {
    brandId: p.uuid().primary().$type<BrandId>(),
    id: p.uuid().primary().$type<InvitationId>(),
    email: p.text(),
    role: p.text().$type<TeamRole>(),
    /** SHA-256 of the code, which is in the mail alone. */
    codeHash: p.blob(),
    createdAt: p.datetime(),
    endsAt: p.datetime(),
  },
})
export class Invitation extends InvitationSchema.class {}
InvitationSchema.setClass(Invitation)
