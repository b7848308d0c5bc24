import { defineEntity, p } from '@mikro-orm/core'
import type { ActorKey, BrandId, Role, RoomId, RoomKind, UserId } from '../../client-sdk/contract/index.ts'

const RoomSchema = defineEntity({
  name: 'Room',
  properties: {
    id: p.uuid().primary().$type<RoomId>(),
    kind: p.text().$type<RoomKind>(),
    /** Whose team is in it, and who lets in or out; null for rooms made by hand. */
    brandId: p.uuid().nullable().$type<BrandId | null>(),
    /** In seconds; 0 for none. */
    slowMode: p.integer().default(0),
    announcementsOnly: p.boolean().default(false),
    members: p.integer().default(0),
    /** Those whom the room knows. */
    toldMembers: p.integer().default(0),
  },
})
export class Room extends RoomSchema.class {}
RoomSchema.setClass(Room)

const MemberSchema = defineEntity({
  name: 'Member',
  uniques: [{ properties: ['roomId', 'userId'] }],
  properties: {
    roomId: p.uuid().primary().$type<RoomId>(),
    /** Who they are in the log: random, and tied to a person only here. */
    actorKey: p.uuid().primary().$type<ActorKey>(),
    userId: p.uuid().nullable().$type<UserId | null>(),
    role: p.text().$type<Role>(),
    /** The seq that added them; 0 where the room must not know of them. */
    since: p.bigint('number'),
    removedAt: p.datetime().nullable(),
  },
})
export class Member extends MemberSchema.class {}
MemberSchema.setClass(Member)
