import { z } from 'zod'
import { ApplicationState } from '../applications/schema.ts'
import { CampaignState } from '../campaigns/schema.ts'
import { Changed, Message } from '../chat/schema.ts'
import { Checkpoint } from '../checkpoint.ts'
import { Command, type CommandDef, type EventDef, Instant, Seq, text } from '../define.ts'
import type { Envelope } from '../events.ts'
import { ActorKey, ApplicationId, CampaignId, RoomId, UserId } from '../ids.ts'
import { Revision } from '../listing.ts'
import { Role, RoomKind } from '../roles.ts'
import { ReadMark, RoomPresence } from '../whispers.ts'

const Title = z.object({ title: text(200) })
const Name = z.object({ name: z.string() })
const asOf = z.int().nonnegative()

/** A member as everybody in the room may see them. `since`: the seq that added them. `name` is null once erased. */
export const Member = z.object({ key: ActorKey, role: Role, since: asOf, name: z.string().nullable() })
export type Member = z.output<typeof Member>

/** How a room is to be used. */
export const RoomSettings = z.object({
  /** A member who may not `announce` speaks at most once in so many seconds; 0 for as often as they like. */
  slowMode: z.int().min(0).max(21_600),
  /** Only who may `announce` speaks. */
  announcementsOnly: z.boolean(),
})
export type RoomSettings = z.output<typeof RoomSettings>

/** Its last move: the seq that tells of it, and what was said with it; null before the first, and the words once erased. */
const Move = { moved: Seq.nullable(), reason: z.string().nullable() }
/** What a room is about, and how that stands. */
export const Subject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('campaign'), id: CampaignId, state: CampaignState, version: Revision, ...Move }),
  z.object({ kind: z.literal('application'), id: ApplicationId, state: ApplicationState, version: Revision, ...Move }),
])
/** What a room is about, and how that stands. */
export type Subject = z.output<typeof Subject>

/** The newest part of a room, whole: it replaces what a client had. Messages in order of seq; `more`: older ones exist. */
export const Snapshot = z.object({
  asOf,
  title: z.string().nullable(),
  members: z.array(Member),
  settings: RoomSettings,
  /** Null where the room is about nothing but itself. */
  subject: Subject.nullable(),
  /** Seqs of the pinned messages, in the order in which they were pinned. */
  pins: z.array(Seq),
  messages: z.array(Message),
  more: z.boolean(),
})
export type Snapshot = z.output<typeof Snapshot>

/** What of a room its member has not read, and whether they want to hear of it. */
export const Unread = z.object({ read: asOf, unread: asOf, mentions: asOf, muted: z.boolean() })
/** The beginning of a message. */
export const Preview = z.object({ seq: Seq, author: ActorKey, at: Instant, text: z.string() })

/** `limit` rooms after the one that `cursor` names; without a limit all. `previews` only with a limit. */
export const ListRooms = z.object({
  limit: z.coerce.number().int().min(1).max(200).optional(),
  cursor: z.string().max(200).optional(),
  previews: z.stringbool().default(false),
})
export type ListRooms = z.output<typeof ListRooms>

/** A room as a list of rooms shows it. */
export const RoomSummary = z.object({
  roomId: RoomId,
  kind: RoomKind,
  title: z.string().nullable(),
  role: Role,
  head: asOf,
  lastAt: Instant.nullable(),
  ...Unread.shape,
  /** The newest message that still says something, where previews were asked for. */
  last: Preview.nullable(),
})
/** A room as a list of rooms shows it. */
export type RoomSummary = z.output<typeof RoomSummary>

export const RoomDetails = z.object({
  roomId: RoomId,
  kind: RoomKind,
  title: z.string().nullable(),
  head: asOf,
  me: Member,
  members: z.array(Member),
  settings: RoomSettings,
  subject: Subject.nullable(),
  pins: z.array(Seq),
})
export type RoomDetails = z.output<typeof RoomDetails>

export const CreateRoom = Command.extend({
  kind: RoomKind.exclude(['notes']),
  ...Title.shape,
  /** At least one owner, and nobody twice. */
  members: z
    .array(z.object({ userId: UserId, role: Role }))
    .min(1)
    .max(100),
})
export type CreateRoom = z.output<typeof CreateRoom>
export const AddMember = Command.extend({ roomId: RoomId, userId: UserId, role: Role })
export type AddMember = z.output<typeof AddMember>
export const RemoveMember = Command.extend({ roomId: RoomId, userId: UserId })
export type RemoveMember = z.output<typeof RemoveMember>

export const ConfigureRoom = Command.extend({ roomId: RoomId, ...RoomSettings.partial().shape })
export type ConfigureRoom = z.output<typeof ConfigureRoom>
/** The caller has read everything up to `seq`. Never goes back. */
export const MarkRead = z.object({ roomId: RoomId, seq: asOf })
export type MarkRead = z.output<typeof MarkRead>
export const MuteRoom = z.object({ roomId: RoomId, muted: z.boolean() })
export type MuteRoom = z.output<typeof MuteRoom>

/** As the wire carries it; `type` and `data` are narrowed by the `Envelope` type, and unknown types are let through. */
export const WireEnvelope = z.object({
  roomId: RoomId,
  seq: Seq,
  id: z.uuid(),
  type: z.string(),
  version: z.int(),
  actor: ActorKey,
  at: Instant,
  data: z.object({ deal: z.record(z.string(), z.unknown()).nullable(), personal: z.record(z.string(), z.unknown()).nullable() }),
}) as unknown as z.ZodType<Envelope>

/** `after`: the last seq the client has. `known`: the seq of the last checkpoint it has seen. */
export const JoinRoom = z.object({ roomId: RoomId, after: asOf.optional(), known: asOf.optional() })
export type JoinRoom = z.output<typeof JoinRoom>
export const Joined = z.object({
  me: Member,
  kind: RoomKind,
  /** The stream's seq at reading: with fewer events than that, `room.sync` has the rest. */
  head: asOf,
  /** What was missed, in order; or, where that is too much or nothing was known, a snapshot. */
  events: z.array(WireEnvelope),
  snapshot: Snapshot.nullable(),
  checkpoint: Checkpoint.nullable(),
  /** The log's hash at `known`, 64 hexadecimal digits; null where the log does not reach that far. */
  pastHash: z.string().nullable(),
  /** How far members have read, where the room is small; one's own always. */
  reads: z.array(ReadMark),
  presence: RoomPresence,
})
export type Joined = z.output<typeof Joined>

export const SyncRoom = z.object({ roomId: RoomId, after: asOf, limit: z.int().min(1).max(500).default(500) })
export type SyncRoom = z.output<typeof SyncRoom>
export const Synced = z.object({ head: asOf, events: z.array(WireEnvelope) })
export type Synced = z.output<typeof Synced>

export const roomCommands = {
  'room.join': { input: JoinRoom, output: Joined, allow: 'read' },
  'room.sync': { input: SyncRoom, output: Synced, allow: 'read' },
  'room.configure': { input: ConfigureRoom, output: Changed, allow: 'configure' },
  'room.read': { input: MarkRead, output: Unread, allow: 'read' },
  'room.mute': { input: MuteRoom, output: Unread, allow: 'read' },
  'room.leave': { input: z.object({ roomId: RoomId }), output: z.object({}), allow: 'signedIn' },
} as const satisfies Record<string, CommandDef>

const Membership = z.object({ member: ActorKey, role: Role })
/**
 * In a campaign's room the creators' comings and goings are on their own streams instead, as `membership.*`: nothing in
 * the room, not even its count of events, may tell creators of each other.
 */
export const roomEvents = {
  'room.created': { version: 1, deal: z.object({ kind: RoomKind }), personal: Title },
  'room.memberAdded': { version: 1, deal: Membership, personal: Name },
  /** Their rights are others from here on. */
  'room.roleChanged': { version: 1, deal: Membership, personal: null },
  'room.settingsChanged': { version: 1, deal: RoomSettings, personal: null },
  'room.memberRemoved': { version: 1, deal: Membership, personal: null },
  'membership.started': { version: 1, deal: z.object({ roomId: RoomId, role: Role }), personal: null },
  'membership.ended': { version: 1, deal: z.object({ roomId: RoomId, role: Role }), personal: null },
} as const satisfies Record<string, EventDef>
