import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamId } from '../client-sdk/contract/index.ts'
import type { EventLog, Grown } from '../persistence/event-log.ts'

/** Every node looks this often, so that a lost announcement reaches every socket within a second, in ms. */
const EVERY = 250
/** What was committed here is on its way already: looking at once would read it a second time. */
const GRACE = 50

type Ports = {
  reach(streamId: StreamId, seq: number): void
  /** What lists show has changed, by this stream's events from `first` on. */
  listed(streamId: StreamId, first: number): void
  failed(error: unknown): void
}

/** Watches which streams grew, by anybody's hand. One query, whatever the number of rooms. Returns how to stop. */
export function tail(log: Pick<EventLog, 'grownSince'>, { reach, listed, failed }: Ports): () => Promise<void> {
  const stopping = new AbortController()

  async function run(): Promise<void> {
    let last: Pick<Grown, 'horizon' | 'listed'> | null = null
    while (!stopping.signal.aborted) {
      try {
        const grown: Grown = await log.grownSince(last?.horizon ?? null)
        await pause(GRACE)
        for (const [streamId, seq] of grown.heads) reach(streamId, seq)
        for (const [streamId, first] of unheard(grown, last)) listed(streamId, first)
        last = grown
      } catch (error) {
        failed(error)
      }
      await pause(EVERY - GRACE)
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {})
  const running = run()
  return () => {
    stopping.abort()
    return running
  }
}

/** What an open write made the log tell again has been heard already. */
function unheard({ listed }: Grown, last: Pick<Grown, 'listed'> | null): [StreamId, number][] {
  return Array.from(listed).flatMap(([streamId, { first, last: seq }]) => {
    const heard = last?.listed.get(streamId)?.last ?? 0
    return seq > heard ? [[streamId, Math.max(first, heard + 1)]] : []
  })
}
