import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamId } from '../client-sdk/contract/index.ts'
import type { EventLog } from '../persistence/event-log.ts'

/** Every node looks this often, so that a lost announcement reaches every socket within a second, in ms. */
const EVERY = 250
/** What was committed here is on its way already: looking at once would read it a second time. */
const GRACE = 50

type Ports = { reach(streamId: StreamId, seq: number): void; failed(error: unknown): void }

/** Watches which streams grew, by anybody's hand. One query, whatever the number of rooms. Returns how to stop. */
export function tail(log: Pick<EventLog, 'grownSince'>, { reach, failed }: Ports): () => Promise<void> {
  const stopping = new AbortController()

  async function run(): Promise<void> {
    let horizon: bigint | null = null
    while (!stopping.signal.aborted) {
      try {
        const grown: Awaited<ReturnType<EventLog['grownSince']>> = await log.grownSince(horizon)
        horizon = grown.horizon
        await pause(GRACE)
        for (const [streamId, seq] of grown.heads) reach(streamId, seq)
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
