import type { z } from 'zod'
import { chatCommands } from './chat/schema.ts'
import type { WireError } from './errors.ts'
import type { Envelope } from './events.ts'
import { presenceCommands } from './presence/schema.ts'
import { roomCommands } from './rooms/schema.ts'
import { sessionCommands } from './sessions/schema.ts'
import type { Whisper, WhisperName } from './whispers.ts'

export * from './chat/markup.ts'
export * from './chat/schema.ts'
export * from './checkpoint.ts'
export * from './define.ts'
export * from './errors.ts'
export * from './events.ts'
export * from './ids.ts'
export * from './log/schema.ts'
export * from './people/schema.ts'
export * from './permissions.ts'
export * from './presence/schema.ts'
export * from './reduce.ts'
export * from './roles.ts'
export * from './rooms/schema.ts'
export * from './search/schema.ts'
export * from './sessions/schema.ts'
export * from './version.ts'
export * from './whispers.ts'

/** Every order a socket takes, defined once, each with its permission rule. */
export const commands = { ...sessionCommands, ...roomCommands, ...chatCommands, ...presenceCommands }
export type CommandName = keyof typeof commands
export type Input<C extends CommandName> = z.output<(typeof commands)[C]['input']>
export type Output<C extends CommandName> = z.output<(typeof commands)[C]['output']>

export type Reply<T> = { ok: true; data: T } | { ok: false; error: WireError }
export type ClientToServer = {
  [C in CommandName]: (input: z.input<(typeof commands)[C]['input']>, reply: (r: Reply<Output<C>>) => void) => void
}
/**
 * `room.event` carries every durable fact, in order of `seq`. `session.ending` is the last thing a socket hears
 * before the hub closes it, with the reason.
 */
export type ServerToClient = {
  'room.event': (events: Envelope[]) => void
  'room.closed': (closed: { roomId: Envelope['roomId'] }) => void
  'session.ending': (error: WireError) => void
} & { [W in WhisperName]: (whisper: Whisper<W>) => void }
/** What the client says at the handshake. */
export type Handshake = { token: string; sdk: string; protocol: number }
