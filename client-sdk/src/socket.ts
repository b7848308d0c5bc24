import type { WireError } from '../contract/errors.ts'
import type { ClientToServer, CommandName, Handshake, Output, Reply, ServerToClient } from '../contract/index.ts'
import { asWireError } from './errors.ts'
import { SocketIo } from './socket-io.ts'

/** What a client writes down for a command, before the hub has filled in what may be left out. */
export type CommandInput<C extends CommandName> = Parameters<ClientToServer[C]>[0]

/** What is heard on a socket: the hub’s events, and the connection’s own. */
export type SocketEvents = ServerToClient & {
  /** The hub has let us in. */
  connect: () => void
  /** The handshake failed: with the hub's own words, or with null where it was not reached. */
  connect_error: (refusal: WireError | null) => void
  /** It was connected, and is no more. */
  disconnect: () => void
}

/** All that the SDK asks of a socket, so that a test can put a bad network in between. It never reconnects by itself. */
export interface Socket {
  readonly connected: boolean
  /** One listener of each event: the last. */
  on<E extends keyof SocketEvents>(event: E, listener: SocketEvents[E]): void
  /** Rejects where no answer came within `ms`. */
  emitWithAck<C extends CommandName>(name: C, input: CommandInput<C>, ms: number): Promise<Reply<Output<C>>>
  /** Idempotent. */
  close(): void
}

/** Opens one connection. `path` is Socket.IO's path on the server. */
export type OpenSocket = (url: string, path: string, handshake: Handshake) => Socket

/** Socket.IO over WebSocket alone. Reconnecting is left to the connection's machine. */
export const openSocketIo: OpenSocket = (url, path, handshake) => {
  const listeners = new Map<string, (...args: unknown[]) => void>()
  const tell = (name: string, ...args: unknown[]) => listeners.get(name)?.(...args)
  const socket = new SocketIo(new URL(url).origin, path, handshake, {
    connected: () => tell('connect'),
    refused: (data) => tell('connect_error', asWireError(data)),
    lost: () => tell('disconnect'),
    event: (name, args) => !OURS.has(name) && tell(name, ...args),
  })
  return {
    get connected() {
      return socket.connected
    },
    on: (event, listener) => void listeners.set(event, listener as (...args: unknown[]) => void),
    emitWithAck: (name, input, ms) => socket.ask(name, input, ms) as Promise<never>,
    close: () => socket.close(),
  }
}
/** Said here, not by the hub. */
const OURS: ReadonlySet<string> = new Set(['connect', 'connect_error', 'disconnect'])
