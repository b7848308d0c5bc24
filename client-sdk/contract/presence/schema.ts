import { z } from 'zod'
import type { CommandDef } from '../define.ts'
import { Instant } from '../define.ts'
import { ActorKey, RoomId } from '../ids.ts'

/** `online`: connected somewhere. `lastSeen`: when they last were; null while they are, or never were. Of those who hide it: false, false, null. */
export const PersonPresence = z.object({ member: ActorKey, online: z.boolean(), away: z.boolean(), lastSeen: Instant.nullable() })
export type PersonPresence = z.output<typeof PersonPresence>

/** Who it is asked of are members of the room, as far as the room knows; others are left out of the answer. */
export const QueryPresence = z.object({ roomId: RoomId, members: z.array(ActorKey).min(1).max(100) })
export type QueryPresence = z.output<typeof QueryPresence>
export const Typing = z.object({ roomId: RoomId, typing: z.boolean() })
export type Typing = z.output<typeof Typing>

export const presenceCommands = {
  /**
   * Tells the others of the room. Readers let it end after 6 s; a writer says it again before that, and within 2 s the same is
   * not told twice. Needs the room open on this socket; in a room that is not small it is answered, and nobody is told.
   */
  'room.typing': { input: Typing, output: z.object({}), allow: 'speak' },
  /** Of this socket: nothing was done on this device for a while, or again. */
  'presence.update': { input: z.object({ away: z.boolean() }), output: z.object({}), allow: 'signedIn' },
  'presence.query': { input: QueryPresence, output: z.object({ people: z.array(PersonPresence) }), allow: 'read' },
} as const satisfies Record<string, CommandDef>
