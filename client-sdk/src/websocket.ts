/** What browsers bring along. Packages find it under `#websocket`, where Node finds `websocket-node.ts`. */
export const WebSocket = globalThis.WebSocket
export type WebSocket = globalThis.WebSocket
