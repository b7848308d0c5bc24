import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A network cable to a port of this machine, which can be pulled out: clients then lose their sockets and get no new ones. While
 * it is held, nothing of what the server says on the open connections arrives.
 */
export type Wire = { url: string; cut(): void; hold(): void; mend(): void; close(): Promise<void> }

export async function layWire(to: string): Promise<Wire> {
  const { hostname, port } = new URL(to)
  const ends = new Set<Socket>()
  /** What the server says, and to whom. */
  const lines = new Map<Socket, Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(Number(port), hostname)
    lines.set(far, near)
    far.on('close', () => lines.delete(far))
    for (const [end, other] of [[near, far] as const, [far, near] as const]) {
      ends.add(end)
      end.on('error', () => {}) // its end follows
      end.on('close', () => {
        ends.delete(end)
        other.destroy()
      })
      end.pipe(other)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const cut = () => {
    isCut = true
    for (const end of ends) end.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    hold() {
      for (const far of lines.keys()) far.unpipe().pause()
    },
    mend() {
      isCut = false
      for (const [far, near] of lines) if (far.isPaused()) far.pipe(near)
    },
    async close() {
      cut()
      await new Promise((done) => server.close(done))
    },
  }
}
