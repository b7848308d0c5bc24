import { messageOf, reduceMessages } from '../contract/chat/reduce.ts'
import type { Message, MessagePage } from '../contract/chat/schema.ts'
import type { Envelope } from '../contract/events.ts'
import { fetchUntil, type History } from './history.ts'
import { expected } from './optimism.ts'
import type { Outbox } from './outbox.ts'
import type { RoomStore } from './room-store.ts'
import { type Known, type RoomMessage, shownOf } from './room-view.ts'

/** One thread, kept up to date like the room: it changes when the room does. */
export interface Thread {
  /** The seq of the message that it began with. */
  readonly root: number
  /** The same list until something changes: that message, once it is loaded, then what is loaded of the answers, in order, and at the end what is still on its way. */
  readonly messages: readonly RoomMessage[]
  /** There are older answers: `loadOlder()`. */
  readonly more: boolean
  /** Adds a page of answers; resolves with whether there are still more. Rejects with `server.unavailable` offline. */
  loadOlder(limit?: number): Promise<boolean>
}

export type ThreadsRoom = { store(): RoomStore; outbox(): Outbox; changed(): void; history: History; known: Known }

/** The threads of a room that somebody has looked at. */
export class Threads {
  readonly #room: ThreadsRoom
  readonly #threads = new Map<number, { store: ThreadStore; thread: Thread }>()

  constructor(room: ThreadsRoom) {
    this.#room = room
  }

  of(root: number): Thread {
    const known = this.#threads.get(root)
    if (known) return known.thread
    const store = new ThreadStore(root, this.#room.store())
    const thread = shell(store, this.#room)
    this.#threads.set(root, { store, thread })
    return thread
  }
  heard(news: readonly Envelope[]): void {
    for (const { store } of this.#threads.values()) store.heard(news)
  }
  reset(room: RoomStore): void {
    for (const { store } of this.#threads.values()) store.reset(room)
  }
}

function shell(thread: ThreadStore, room: ThreadsRoom): Thread {
  let from: readonly unknown[] = []
  let shown: readonly RoomMessage[] = []
  return {
    root: thread.root,
    get messages() {
      const { room: state, me } = room.store()
      const now = [thread.messages, room.outbox(), me?.key ?? null] as const
      if (now.some((part, i) => part !== from[i])) {
        const [read, outbox, key] = now
        const all = shownOf(read, expected({ ...state, messages: read }, outbox, key).messages, outbox, key, room.known)
        shown = all.filter((message) => message.seq !== null || message.thread === thread.root)
        from = now
      }
      return shown
    },
    get more() {
      return thread.more
    },
    async loadOlder(limit = 50) {
      const more = await thread.loadOlder(room.history, room.store, limit)
      room.changed()
      return more
    },
  }
}

/** What is loaded of one thread: the message that it began with, and answers. */
class ThreadStore {
  readonly root: number
  #messages: readonly Message[] = []

  constructor(root: number, store: RoomStore) {
    this.root = root
    this.reset(store)
  }

  get messages(): readonly Message[] {
    return this.#messages
  }
  /** There are answers that are not loaded. */
  get more(): boolean {
    const root = messageOf(this.#messages, this.root)
    return !root || this.#answers().length < root.replies
  }

  /** A snapshot has come between: what was loaded may be old. */
  reset({ room }: RoomStore): void {
    this.#messages = room.messages.filter((message) => this.#isIn(message))
  }
  heard(news: readonly Envelope[]): void {
    const messages = news.reduce(reduceMessages, this.#messages)
    if (messages !== this.#messages) this.#messages = messages.filter((message) => this.#isIn(message))
  }

  /** The page before what is loaded, and the first message where that is missing. Resolves with whether there is more. */
  async loadOlder(history: History, store: () => RoomStore, limit: number): Promise<boolean> {
    const before = this.#answers()[0]?.seq
    if (!messageOf(this.#messages, this.root)) await this.#load(() => history.page({ around: this.root, limit: 1 }), store)
    const page = () => history.page({ thread: this.root, limit, ...(before !== undefined && { before }) })
    return this.#load(page, store)
  }

  #load(fetch: () => Promise<MessagePage>, store: () => RoomStore): Promise<boolean> {
    return fetchUntil(fetch, ({ asOf, messages, more }) => {
      if (asOf < store().room.changedAt) return null
      const added = messages.filter((m) => this.#isIn(m) && !messageOf(this.#messages, m.seq))
      this.#messages = [...added, ...this.#messages].sort((a, b) => a.seq - b.seq)
      return more
    })
  }

  #answers(): Message[] {
    return this.#messages.filter(({ seq }) => seq !== this.root)
  }
  #isIn({ seq, thread }: Message): boolean {
    return seq === this.root || thread === this.root
  }
}
