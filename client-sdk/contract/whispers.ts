import { z } from 'zod'
import { ApplicationCard } from './applications/schema.ts'
import { CampaignCard } from './campaigns/schema.ts'
import { Instant } from './define.ts'
import { ActorKey, BrandId, RoomId } from './ids.ts'

const count = z.int().nonnegative()
/** A member who has the room open. `away`: on none of their devices anything was done for a while. */
export const Present = z.object({ member: ActorKey, away: z.boolean() })
export type Present = z.output<typeof Present>
/** Who has the room open, but for those whom the room does not know. Above 200 members `present` is null, and `count` alone speaks. */
export const RoomPresence = z.object({ present: z.array(Present).nullable(), count })
export type RoomPresence = z.output<typeof RoomPresence>
/** How far a member has read. */
export const ReadMark = z.object({ member: ActorKey, seq: count })
export type ReadMark = z.output<typeof ReadMark>
/** What has become of a room, for those who do not have it open. */
export const InboxChange = z.object({
  roomId: RoomId,
  head: count,
  lastAt: Instant.nullable(),
  read: count,
  unread: count,
  mentions: count,
  muted: z.boolean(),
})
export type InboxChange = z.output<typeof InboxChange>

/** A room with more members than this tells no read marks, no presence by name, and no `inbox.changed` for each message. */
export const SMALL_ROOM = 200

/** What may be lost and is never stored as an event. Each says all that there is to say, so that the next one mends a lost one. */
export const whispers = {
  'room.typing': z.object({ roomId: RoomId, member: ActorKey, typing: z.boolean() }),
  'room.presence': z.object({ roomId: RoomId, ...RoomPresence.shape }),
  'room.reads': z.object({ roomId: RoomId, reads: z.array(ReadMark) }),
  'inbox.changed': z.object({ rooms: z.array(InboxChange) }),
  'lists.changed': z.object({ campaigns: z.array(CampaignCard), applications: z.array(ApplicationCard), brands: z.array(BrandId) }),
} as const satisfies Record<string, z.ZodObject>
export type WhisperName = keyof typeof whispers
export type Whisper<W extends WhisperName> = z.output<(typeof whispers)[W]>
