import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server as SocketServer } from 'socket.io'

/** What a server process needs to know; all but the kind is for those that use it. */
export type Settings = {
  kind: string
  databaseUrl: string
  /** PEM. */
  tokenKey: string
  logFile: string
  redisUrl: string | null
  /** Without it checkpoints and what can be searched are left to other processes. */
  worker: boolean
}
export type Memory = { rss: number; heap: number }
/** As the hub has them, for all three. */
export const socketOptions = {
  serveClient: false,
  maxHttpBufferSize: 1_000_000,
  perMessageDeflate: false,
  transports: ['websocket', 'polling'],
} satisfies ConstructorParameters<typeof SocketServer>[1]
/** So many may knock at once without the system making them wait a second. */
const BACKLOG = 4_096

/** Opens a server as a child process: tells its port, answers questions about its memory, ends with its parent. */
export async function serve(open: (http: HttpServer, settings: Settings) => Promise<() => Promise<void>>): Promise<void> {
  const http = createServer()
  const close = await open(http, JSON.parse(process.env.BENCH_SETTINGS ?? '{}') as Settings)
  await new Promise<void>((done) => http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, done))
  process.on('message', (question) => {
    if (question === 'memory') void memory().then((answer) => process.send!(answer))
    if (question === 'stop') void close().finally(() => process.exit(0)) // a profile is written at the exit
  })
  process.on('disconnect', () => process.exit(0))
  process.on('SIGINT', () => {}) // the parent decides
  process.send!({ port: (http.address() as AddressInfo).port })
}

/**
 * In bytes, after a collection that also gives V8's spare room back: its young generation grows with traffic, not with
 * connections, by tens of megabytes.
 */
async function memory(): Promise<Memory> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await sleep(100)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external }
}
