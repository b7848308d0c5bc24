import type { AppSocket } from './socket.ts'

/** What a client may leave unread, in bytes: about a minute of a busy room. */
export const MOST_UNREAD = 8_000_000

/** Bytes that wait to be sent to this client: in Socket.IO's queue, and in the connection under it. */
export function unread({ conn }: AppSocket): number {
  const queue = Reflect.get(conn, 'writeBuffer') as readonly { data?: unknown }[] // Engine.IO keeps it to itself
  const queued = queue.reduce((sum, { data }) => sum + (typeof data === 'string' ? data.length : 0), 0)
  const { socket } = conn.transport as { socket?: { bufferedAmount?: number } }
  return queued + (socket?.bufferedAmount ?? 0)
}
