import type { ParleyError } from '../contract/errors.ts'
import type { Whisper } from '../contract/whispers.ts'
import type { Parley } from './parley.ts'
import type { RoomHost } from './room.ts'
import type { RoomClient } from './room-client.ts'

/** Another part of the SDK that lives by a client's connection. */
export type Part = {
  /** The connection is there again: whatever was whispered meanwhile is lost. */
  online(): void
  hear(said: Whisper<'lists.changed'>): void
  /** For good. */
  stop(reason: ParleyError): void
}
/** What a client gives to other parts of the SDK, and to no app. */
export type Ports = Pick<RoomHost, 'command' | 'get' | 'stirred' | 'backoff' | 'onError'> & {
  /** By REST, with the method PUT. */
  put<T>(path: string, body: object, is: (answer: unknown) => answer is T): Promise<T>
  /** Whose token it is. */
  person(): Promise<string | null>
  join(part: Part): void
  room(roomId: string): RoomClient
}

const ports = new WeakMap<Parley, Ports>()
export const givePorts = (parley: Parley, given: Ports): void => void ports.set(parley, given)
/** Throws a `TypeError` for what `connect` did not make. */
export function portsOf(parley: Parley): Ports {
  const given = ports.get(parley)
  if (!given) throw new TypeError('`connect` makes clients')
  return given
}
