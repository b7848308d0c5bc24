import type { Changed, Message, MessagePage, Place, Reaction, Version } from '../contract/chat/schema.ts'
import type { Checkpoint } from '../contract/checkpoint.ts'
import type { Envelope } from '../contract/events.ts'
import type { CommandName, Reply } from '../contract/index.ts'
import type { PersonPresence } from '../contract/presence/schema.ts'
import type { Joined, Member, RoomSettings, RoomSummary, Snapshot, Synced } from '../contract/rooms/schema.ts'
import type { SearchHit, SearchPage } from '../contract/search/schema.ts'
import type { Session } from '../contract/sessions/schema.ts'
import type { InboxChange, Present, ReadMark, RoomPresence, Whisper, WhisperName } from '../contract/whispers.ts'
import type { CheckpointKey } from './checkpoints.ts'
import { asWireError } from './errors.ts'
import type { KeptCommand, KeptRoom } from './kept-format.ts'

/**
 * What the SDK's own code leans on in what comes over a wire or out of a storage, and no more: fields and values that are
 * newer than it pass. (The contract's zod schemas are not bundled with the SDK.)
 */
export type Shape<T> = (value: unknown) => value is T
type Fields<T> = { readonly [K in keyof T]?: (value: unknown) => boolean }

export const isString = (value: unknown): value is string => typeof value === 'string'
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
/** Beyond the safe integers `seq + 1` is no other number, so there would be no end to what is missing. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isSeq = (value: unknown): value is number => isCount(value) && value > 0
export const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value)
export const listOf = (is: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(is)
export const object =
  <T>(fields: Fields<T>): Shape<T> =>
  (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries<Fields<T>[keyof T]>(fields).every(([name, is]) => is?.((value as Record<string, unknown>)[name]))

export const isCheckpoint = object<Checkpoint>({
  stream: isString,
  seq: isCount,
  hash: (value) => isString(value) && /^[0-9a-f]{64}$/.test(value),
  at: isString,
  keyId: isString,
  signature: isString,
})
/** What lies in `data` is the reducer's to judge: an event that it cannot read still moves `rev` on. */
export const isEnvelope = object<Envelope>({ roomId: isString, seq: isSeq, id: isString, type: isString })
export const isClosed = object<{ roomId: Envelope['roomId'] }>({ roomId: isString })
const isChanged = object<Changed>({ seq: isSeq })
const isPlace = object<Place>({ messageId: isString, seq: isSeq, at: isString })
const isReaction = object<Reaction>({ emoji: isString, by: listOf(isString) })
const isMessage = object<Message>({
  id: isString,
  seq: isSeq,
  rev: isSeq,
  author: isString,
  at: isString,
  text: orNull(isString),
  replies: isCount,
  reactions: listOf(isReaction),
})
export const isMessages = object<{ messages: Message[] }>({ messages: listOf(isMessage) })
export const isVersions = object<{ versions: Version[] }>({ versions: listOf(object<Version>({ seq: isSeq, text: orNull(isString) })) })
const isMember = object<Member>({ key: isString })
export const isPage = object<MessagePage>({ asOf: isCount, messages: listOf(isMessage), more: isBoolean, newer: isBoolean })
const isSnapshot = object<Snapshot>({
  asOf: isCount,
  title: orNull(isString),
  members: listOf(isMember),
  settings: object<RoomSettings>({ slowMode: isCount, announcementsOnly: isBoolean }),
  pins: listOf(isSeq),
  messages: listOf(isMessage),
  more: isBoolean,
})
const isSynced = object<Synced>({ head: isCount, events: listOf(isEnvelope) })
const isReads = listOf(object<ReadMark>({ member: isString, seq: isCount }))
const presence = { present: orNull(listOf(object<Present>({ member: isString, away: isBoolean }))), count: isCount }
const isJoined = object<Joined>({
  me: isMember,
  kind: isString,
  head: isCount,
  events: listOf(isEnvelope),
  snapshot: orNull(isSnapshot),
  checkpoint: orNull(isCheckpoint),
  pastHash: orNull(isString),
  reads: isReads,
  presence: object<RoomPresence>(presence),
})

const unread = { read: isCount, unread: isCount, mentions: isCount, muted: isBoolean }
const isInboxChange = object<InboxChange>({ roomId: isString, head: isCount, lastAt: orNull(isString), ...unread })
const isSummary = object<RoomSummary>({ roomId: isString, title: orNull(isString), head: isCount, lastAt: orNull(isString), ...unread })
export const isRoomList = object<{ rooms: RoomSummary[]; cursor: string | null }>({ rooms: listOf(isSummary), cursor: orNull(isString) })
const isHit = object<SearchHit>({ roomId: isString, message: isMessage, snippet: isString, ranges: listOf(Array.isArray) })
export const isSearchPage = object<SearchPage>({ hits: listOf(isHit), more: isBoolean, cursor: orNull(isString) })

const whispers: Record<WhisperName, (value: unknown) => boolean> = {
  'room.typing': object({ roomId: isString, member: isString, typing: isBoolean }),
  'room.presence': object({ roomId: isString, ...presence }),
  'room.reads': object({ roomId: isString, reads: isReads }),
  'inbox.changed': object({ rooms: listOf(isInboxChange) }),
  'lists.changed': object({ campaigns: Array.isArray, applications: Array.isArray, brands: Array.isArray }),
}
export const whisperNames = Object.keys(whispers) as WhisperName[]
export const isWhisper = <W extends WhisperName>(name: W, value: unknown): value is Whisper<W> => whispers[name](value)

const isAnything = (_: unknown) => true
/** Of the others each caller looks at the answer itself. */
const outputs: Partial<Record<CommandName, (data: unknown) => boolean>> = {
  'session.renew': isAnything, // nobody reads it
  'room.leave': isAnything,
  'room.join': isJoined,
  'room.sync': isSynced,
  'chat.send': isPlace,
  'chat.edit': isChanged,
  'chat.delete': isChanged,
  'chat.react': isChanged,
  'chat.unreact': isChanged,
  'chat.pin': isChanged,
  'chat.unpin': isChanged,
  'room.configure': isChanged,
  'room.read': object(unread),
  'room.mute': object(unread),
  'room.typing': isAnything,
  'presence.update': isAnything,
  'presence.query': object({ people: listOf(object<PersonPresence>({ member: isString, online: isBoolean, away: isBoolean })) }),
}

export function isReply<T>(name: CommandName, value: unknown): value is Reply<T> {
  const { ok, data, error } = (value ?? {}) as { ok?: unknown; data?: unknown; error?: unknown }
  return ok === true ? (outputs[name] ?? isAnything)(data) : ok === false && asWireError(error) !== null
}

/** Of a key, that it can be found; whether it can verify anything, the platform says. */
export const isKeys = object<{ keys: CheckpointKey[] }>({ keys: listOf(object<CheckpointKey>({ kty: isString, kid: isString })) })
export const isSession = object<Session>({ accessToken: isString, refreshToken: isString })

/** Out of the storage. */
export const isKeptRoom = object<KeptRoom>({ me: orNull(isMember), kind: orNull(isString), snapshot: isSnapshot })
export const isKeptCommand = object<KeptCommand>({
  commandId: isString,
  name: (name) => isString(name) && Object.hasOwn(outputs, name),
  input: object({}),
  at: (at) => isString(at) && !Number.isNaN(Date.parse(at)),
})

export const malformed = (what: string): TypeError => new TypeError(`The hub sent a malformed ${what}`)
