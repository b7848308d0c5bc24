import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import { socketOptions } from './child.ts'

export type Said = { roomId: string; commandId: string; text: string; from: string }
type Reply = (answer: { ok: true; data: unknown } | { ok: false; error: string }) => void
type Join = { roomId: string; after?: number }
export type Store = {
  /** What a room has after a seq. */
  join(input: Join): Promise<{ head: number; events: unknown[] }>
  /** Resolves with the message's seq once it may go out. */
  send(said: Said): number | Promise<number>
}

/** Socket.IO as its documentation shows it: rooms, a broadcast to the others, an acknowledgement. Nobody is asked for rights. */
export function plainServer(http: HttpServer, store: Store): Server {
  const io = new Server(http, socketOptions)
  io.on('connection', (socket) => {
    socket.on('room.join', async (input: Join, reply: Reply) => {
      await socket.join(input.roomId)
      reply({ ok: true, data: await store.join(input) })
    })
    const announce = ({ roomId, commandId: id, text }: Said, seq: number, reply: Reply) => {
      const at = new Date().toISOString()
      socket.to(roomId).emit('room.event', [{ roomId, seq, id, from: socket.id, at, text }])
      reply({ ok: true, data: { id, seq, at } })
    }
    socket.on('chat.send', (input: Omit<Said, 'from'>, reply: Reply) => {
      const said = { ...input, from: socket.id }
      const seq = store.send(said)
      if (typeof seq === 'number') return announce(said, seq, reply)
      seq.then(
        (its) => announce(said, its, reply),
        (error) => reply({ ok: false, error: String(error) }),
      )
    })
  })
  return io
}

/** The next number of each room. */
export class Seqs {
  readonly #last = new Map<string, number>()
  next(roomId: string): number {
    const seq = this.last(roomId) + 1
    this.#last.set(roomId, seq)
    return seq
  }
  last(roomId: string): number {
    return this.#last.get(roomId) ?? 0
  }
}
