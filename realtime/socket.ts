import type { Server, Socket } from 'socket.io'
import type { ClientToServer, ServerToClient } from '../client-sdk/contract/index.ts'
import type { SessionInfo } from '../server/ctx.ts'

/** `refused`: commands beyond the limit since the last one within it. */
export type SocketData = { session: SessionInfo; refused: number }
type NodeToNode = Record<string, never>
export type AppSocket = Socket<ClientToServer, ServerToClient, NodeToNode, SocketData>
export type AppServer = Server<ClientToServer, ServerToClient, NodeToNode, SocketData>
