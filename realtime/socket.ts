import type { Server, Socket } from 'socket.io'
import type { ClientToServer, RoomId, ServerToClient } from '../client-sdk/contract/index.ts'
import type { SessionInfo } from '../server/ctx.ts'
import type { Announced } from './announced.ts'

/** `refused`: commands beyond the limit since the last one within it. */
export type SocketData = { session: SessionInfo; refused: number }
/** What nodes say to each other; see the bus. Whoever can write to Redis can say it too, so its shape is checked. */
export type NodeToNode = {
  'log.committed': (batch: readonly Announced[]) => void
  /** Who is in these rooms has changed. */
  'presence.changed': (rooms: readonly RoomId[]) => void
  /** Somebody new listens. */
  'node.joined': () => void
}
export type AppSocket = Socket<ClientToServer, ServerToClient, NodeToNode, SocketData>
export type AppServer = Server<ClientToServer, ServerToClient, NodeToNode, SocketData>
