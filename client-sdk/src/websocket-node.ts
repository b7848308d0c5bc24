import { WebSocket as Ws } from 'ws'

/** Node 20 has no WebSocket of its own. */
export const WebSocket = Ws as unknown as typeof globalThis.WebSocket
export type WebSocket = globalThis.WebSocket
