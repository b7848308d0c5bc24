import { createAdapter } from '@socket.io/redis-adapter'
import type { Redis } from '../persistence/redis.ts'

type Listener = (...args: unknown[]) => unknown
type Ports = {
  /** Whether a message is worth sending: false when nobody else is there, or it is too long. */
  mayPublish(message: string | Buffer): boolean
  /** Which messages between nodes are let in, by their name. */
  names: readonly string[]
  failed(error: unknown): void
}

/**
 * Socket.IO's Redis adapter, held so that it can do no harm. It awaits nothing and checks nothing: what it publishes would
 * reject, what it cannot read would throw, and whoever writes to Redis could ask it for every socket's handshake, or put
 * sockets into rooms. So it gets stand-ins for its two connections, which let in broadcasts and our own messages alone.
 */
export function redisAdapter(redis: Redis, { mayPublish, names, failed }: Ports): ReturnType<typeof createAdapter> {
  const ours = new RegExp(`^\\{"uid":"[^"]{6}","type":6,"data":\\["(${names.map((name) => name.replace('.', '\\.')).join('|')})"`)
  const listeners = new Map<string, Listener>()
  const channels: string[] = []
  let stop = () => {}

  const hear = async (channel: string, message: Buffer, isPattern: boolean) => {
    try {
      if (isPattern) listeners.get('pmessageBuffer')?.(null, channel, message)
      else if (ours.test(message.toString('latin1', 0, LONGEST_HEAD))) await listeners.get('messageBuffer')?.(channel, message)
    } catch (error) {
      failed(error)
    }
  }
  const quiet = { listenerCount: () => 2 } // it warns where nobody else hears errors
  const pub = {
    ...quiet,
    on: () => {},
    off: () => {},
    publish: (channel: string, message: string | Buffer) => mayPublish(message) && redis.publish(channel, message),
  }
  const sub = {
    ...quiet,
    on: (event: string, listener: Listener) => listeners.set(event, listener),
    off: (event: string) => listeners.delete(event),
    psubscribe: (pattern: string) => channels.push(pattern),
    subscribe: ([requests]: string[]) => {
      stop = redis.listen([requests!], channels.splice(0), (...heard) => void hear(...heard))
    },
    punsubscribe: () => {},
    unsubscribe: () => stop(),
  }
  return createAdapter(pub, sub, { key: PREFIX })
}

/** What the names of our messages end before, in bytes. */
const LONGEST_HEAD = 100
const PREFIX = 'parley'
/** Where the adapter's messages between nodes go. */
export const REQUESTS = `${PREFIX}-request#/#`
