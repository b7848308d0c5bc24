import { ParleyError } from '../client-sdk/contract/index.ts'
import { end } from './handshake.ts'
import type { AppSocket } from './socket.ts'

/** What a client may leave unread, in bytes: half a minute of a busy room. In memory it is twice that, the frame and what it was made of. */
export const MOST_UNREAD = 4_000_000
/** Below this nothing is looked up: almost every client has read almost everything. */
const SOME = 64 * 1_024
/** How long a client that was cut off has to hear why, in ms. */
const FAREWELL = 5_000

/** What Engine.IO keeps to itself. */
export type Packet = { data?: unknown; options?: { wsPreEncodedFrame?: readonly Uint8Array[] } }
type Wire = { bufferedAmount?: number; terminate?(): void }

/** In bytes, as it goes over the wire. */
export const sizeOf = ({ data, options }: Packet): number => {
  const frame = options?.wsPreEncodedFrame // of a broadcast, and shared by all who get it
  if (frame) return frame.reduce((sum, part) => sum + part.length, 0)
  return typeof data === 'string' ? Buffer.byteLength(data) : 0
}
const queueOf = ({ conn }: AppSocket) => Reflect.get(conn, 'writeBuffer') as Packet[]
const wireOf = ({ conn }: AppSocket) => (conn.transport as { socket?: Wire }).socket
const inWire = (socket: AppSocket) => wireOf(socket)?.bufferedAmount ?? 0

/** Bytes that wait to be sent to this client: in Engine.IO's queue, and in the connection under it. */
export const unread = (socket: AppSocket): number => queueOf(socket).reduce((sum, packet) => sum + sizeOf(packet), 0) + inWire(socket)

/**
 * Counts what is sent to a socket as it is sent, whoever sends it, and cuts it off at the packet that is too much: what waits
 * for one client never takes more memory than that, however fast its rooms are.
 */
export function watch(socket: AppSocket): void {
  let queued = 0
  let isCut = false
  socket.conn.on('packetCreate', (packet: Packet) => {
    queued += sizeOf(packet)
    if (queued < SOME || isCut || queued + inWire(socket) <= MOST_UNREAD) return
    isCut = true
    queueMicrotask(() => cutOff(socket)) // not amid a broadcast to others
  })
  socket.conn.on('flush', () => {
    queued = 0
  })
}

/** What waits in the queue is dropped, so that the reason is the next thing to be read; a client that reads nothing is gone soon. */
export function cutOff(socket: AppSocket): void {
  queueOf(socket).length = 0
  const wire = wireOf(socket)
  end(socket, new ParleyError('client.tooSlow', 'Too much is unread; connect again'))
  const timer = setTimeout(() => wire?.terminate?.(), FAREWELL).unref()
  socket.conn.once('close', () => clearTimeout(timer))
}
