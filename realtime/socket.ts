import type { Server, Socket } from 'socket.io'
import type { ClientToServer, ServerToClient } from '../client-sdk/contract/index.ts'
import type { SessionInfo } from '../server/ctx.ts'

export type SocketData = { session: SessionInfo }
type NodeToNode = Record<string, never>
export type AppSocket = Socket<ClientToServer, ServerToClient, NodeToNode, SocketData>
export type AppServer = Server<ClientToServer, ServerToClient, NodeToNode, SocketData>
