import { io } from 'socket.io-client'
import type { WireError } from '../contract/errors.ts'
import type { ClientToServer, CommandName, Handshake, Output, Reply, ServerToClient } from '../contract/index.ts'
import { asWireError } from './errors.ts'

/** What a client writes down for a command, before the hub has filled in what may be left out. */
export type CommandInput<C extends CommandName> = Parameters<ClientToServer[C]>[0]

export type SocketEvents = ServerToClient & {
  connect: () => void
  /** The handshake failed: with the hub's own words, or with null where it was not reached. */
  connect_error: (refusal: WireError | null) => void
  disconnect: () => void
}

/** All that the SDK asks of a socket, so that a test can put a bad network in between. It never reconnects by itself. */
export interface Socket {
  readonly connected: boolean
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
  // Socket.IO takes a path in the address for a name space, so only the origin goes in.
  const socket = io(new URL(url).origin, { path, transports: ['websocket'], reconnection: false, forceNew: true, auth: handshake })
  return {
    get connected() {
      return socket.connected
    },
    on(event, listener) {
      if (event !== 'connect_error') return void socket.on(event as string, listener)
      const refused = listener as SocketEvents['connect_error']
      socket.on('connect_error', (error: Error & { data?: unknown }) => refused(asWireError(error.data)))
    },
    emitWithAck: (name, input, ms) => socket.timeout(ms).emitWithAck(name, input),
    close: () => void socket.disconnect(),
  }
}
