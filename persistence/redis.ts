import { Redis as Client } from 'ioredis'

/** Whether other nodes can be told something right now, and since when it is so. */
export type RedisState = { on: boolean; since: Date }
type Heard = (channel: string, message: Buffer, isPattern: boolean) => void
/**
 * What nodes tell each other in passing, and count together. It may be lost, restarted, emptied or hang: nothing here
 * throws or rejects, nothing waits for it without a bound, and it connects again by itself.
 */
export type Redis = {
  state(): RedisState
  /** Calls with each change. Returns how to stop. */
  onChange(listener: (state: RedisState) => void): () => void
  /** Says it to whoever listens now; dropped when Redis is away or behind. */
  publish(channel: string, message: string | Buffer): void
  /** Hears channels and patterns from now on, and again after each reconnect. Returns how to stop. */
  listen(channels: readonly string[], patterns: readonly string[], heard: Heard): () => void
  /** How many connections listen to a channel; null when Redis does not say. */
  listeners(channel: string): Promise<number | null>
  /** For counters. Its commands reject when Redis is away. */
  counters: Client
  /** Resolves once Redis is reached or cannot be, within `ms`. */
  settled(ms: number): Promise<RedisState>
  close(): void
}

/** Bytes that may wait for Redis to take them: beyond that nothing more is said to it. */
const MOST_WAITING = 16_000_000
/** A connection that has said nothing for so long after it was asked is dead, in ms. It is asked every `PULSE`. */
const SILENCE = 2_500
const PULSE = 1_000
/** The longest pause before connecting again, in ms: nodes meet again soon after a restart. */
const LONGEST_PAUSE = 1_000

export function openRedis(url: string): Redis {
  const [pub, sub, counters] = [connect(url, 'out'), connect(url, 'in'), connect(url, 'counters')]
  const clients = [pub, sub, counters]
  const hearers = new Set<{ channels: readonly string[]; patterns: readonly string[]; heard: Heard }>()
  const changed = new Set<(state: RedisState) => void>()
  let state: RedisState = { on: false, since: new Date() }
  let isSubscribed = false
  let waiting = 0

  const look = () => {
    const on = isSubscribed && clients.every(({ status }) => status === 'ready')
    if (on === state.on) return
    state = { on, since: new Date() }
    for (const listener of changed) listener(state)
  }
  const subscribe = async () => {
    isSubscribed = false
    const [channels, patterns] = [[...hearers].flatMap((h) => h.channels), [...hearers].flatMap((h) => h.patterns)]
    try {
      if (channels.length > 0) await sub.subscribe(...channels)
      if (patterns.length > 0) await sub.psubscribe(...patterns)
      isSubscribed = true
    } catch {
      // The connection went meanwhile; the next one subscribes again.
    }
    look()
  }
  sub.on('ready', () => void subscribe())
  sub.on('close', () => {
    isSubscribed = false
  })
  for (const client of clients) for (const event of ['ready', 'close', 'end']) client.on(event, look)
  sub.on('messageBuffer', (channel: Buffer, message: Buffer) => {
    for (const { channels, heard } of hearers) if (channels.includes(channel.toString())) heard(channel.toString(), message, false)
  })
  sub.on('pmessageBuffer', (pattern: Buffer | string, channel: Buffer, message: Buffer) => {
    for (const { patterns, heard } of hearers) if (patterns.includes(pattern.toString())) heard(channel.toString(), message, true)
  })
  const pulse = setInterval(() => {
    for (const client of clients) if (client.status === 'ready') client.ping().catch(ignore)
  }, PULSE).unref()

  const onChange: Redis['onChange'] = (listener) => {
    changed.add(listener)
    return () => changed.delete(listener)
  }
  return {
    state: () => state,
    onChange,
    counters,
    publish(channel, message) {
      const size = message.length
      if (pub.status !== 'ready' || waiting + size > MOST_WAITING) return
      waiting += size
      const settle = () => {
        waiting -= size
      }
      pub.publish(channel, message).then(settle, settle)
    },
    listen(channels, patterns, heard) {
      const hearer = { channels, patterns, heard }
      hearers.add(hearer)
      if (sub.status === 'ready') void subscribe()
      return () => hearers.delete(hearer)
    },
    listeners: async (channel) => {
      if (pub.status !== 'ready') return null
      return pub.pubsub('NUMSUB', channel).then(
        (reply) => Number((reply as unknown[])[1]),
        () => null,
      )
    },
    settled: (ms) =>
      new Promise((done) => {
        const finish = () => {
          clearTimeout(timer)
          stop()
          done(state)
        }
        const stop = onChange(finish)
        const timer = setTimeout(finish, ms)
        if (state.on) finish()
      }),
    close() {
      clearInterval(pulse)
      changed.clear()
      for (const client of clients) client.disconnect()
    },
  }
}

const ignore = () => {}

/** Commands are never kept for later: those that were not answered when the connection went reject at once. */
function connect(url: string, name: string): Client {
  const client = new Client(url, {
    connectionName: `parley-${name}`,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    socketTimeout: SILENCE,
    retryStrategy: (times) => Math.min(LONGEST_PAUSE, 50 * 2 ** times) * (0.5 + Math.random() / 2),
  })
  client.on('error', ignore) // what matters of it is the state
  return client
}
