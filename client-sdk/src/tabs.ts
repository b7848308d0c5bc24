import type { WireError } from '../contract/errors.ts'
import type { CommandId, RoomId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import type { OrderName } from './outbox.ts'

/**
 * What a client tells the others on the same storage. `queued`: look there for what is new. Each of it may be lost, come late or
 * reach a stranger: the storage and the hub are what counts, and the rest is done twice at worst.
 */
export type News =
  | { do: 'queued'; roomId: RoomId }
  | { do: 'done'; roomId: RoomId; commandId: CommandId; place: Output<OrderName> }
  | { do: 'refused'; roomId: RoomId; commandId: CommandId; error: WireError }
  | { do: 'forgotten' }

export type Tabs = { tell(news: News): void; close(): void }

/** The clients of one person in this browser, or in this Node process. */
export function openTabs(user: string, hear: (news: News) => void): Tabs {
  if (typeof BroadcastChannel === 'undefined') return { tell: () => {}, close: () => {} }
  const channel = new BroadcastChannel(`parley/${user}`)
  channel.onmessage = ({ data }: MessageEvent) => hear(data as News)
  ;(channel as { unref?(): void }).unref?.() // Node: it keeps no process alive
  let open = true
  return {
    tell: (news) => open && channel.postMessage(news),
    close() {
      open = false
      channel.close()
    },
  }
}
