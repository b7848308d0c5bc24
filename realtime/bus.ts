import type { RoomId } from '../client-sdk/contract/index.ts'
import type { Committed } from '../persistence/event-log.ts'
import type { Redis } from '../persistence/redis.ts'
import { REQUESTS, redisAdapter } from './adapter.ts'
import { type Announced, announcedFrom, headsOf, MOST_ANNOUNCED, roomIdsFrom } from './announced.ts'
import type { AppServer, NodeToNode } from './socket.ts'

/** What this node hears from others, its shape checked. */
export type Heard = {
  committed(batch: Announced[]): void
  presenceChanged(rooms: RoomId[]): void
}
/** How nodes tell each other things. All of it may be lost: what must not be is in the log, and the tail finds it. */
export type Bus = {
  publish<N extends keyof NodeToNode>(name: N, ...payload: Parameters<NodeToNode[N]>): void
  /** Tells the other nodes of what was committed here, all of one turn of the event loop together. */
  announce(batch: readonly Committed[]): void
  close(): void
}

/** Every message between nodes, by its name. No other is let in. */
const NAMES = ['log.committed', 'presence.changed', 'node.joined'] as const satisfies (keyof NodeToNode)[]
/** How often the other nodes are counted, in ms. */
const COUNTING = 1_000

/** One node alone needs none. */
export const noBus: Bus = { publish() {}, announce() {}, close() {} }

export function openBus(io: AppServer, redis: Redis, heard: Heard, failed: (error: unknown) => void): Bus {
  let isAlone = false // until it has been counted
  let wasTooLong = false
  let pending: Committed[] = []

  const mayPublish = (message: string | Buffer) => {
    wasTooLong = message.length > MOST_ANNOUNCED
    return !isAlone && !wasTooLong
  }
  io.adapter(redisAdapter(redis, { mayPublish, names: NAMES, failed }))
  const count = async () => {
    const listeners = await redis.listeners(REQUESTS)
    if (listeners !== null) isAlone = listeners <= 1
  }
  const arrive = () => {
    isAlone = false
    if (redis.state().on) io.serverSideEmit('node.joined')
  }

  io.on('log.committed', (batch) => heard.committed(announcedFrom(batch)))
  io.on('presence.changed', (rooms) => heard.presenceChanged(roomIdsFrom(rooms)))
  io.on('node.joined', () => {
    isAlone = false
  })
  const stopListening = redis.onChange(arrive)
  const counting = setInterval(() => void count(), COUNTING).unref()
  arrive()

  const publish: Bus['publish'] = (name, ...payload) => {
    if (!isAlone && redis.state().on) io.serverSideEmit(name, ...(payload as never))
  }
  const flush = () => {
    const batch = pending
    pending = []
    wasTooLong = false
    publish('log.committed', batch)
    if (wasTooLong) publish('log.committed', headsOf(batch))
  }
  return {
    publish,
    announce(batch) {
      if (isAlone || !redis.state().on) return
      if (pending.length === 0) setImmediate(flush)
      pending.push(...batch)
    },
    close() {
      stopListening()
      clearInterval(counting)
    },
  }
}
