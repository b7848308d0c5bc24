import type { RoomId } from '../contract/ids.ts'
import { guarded, type OnError } from './listeners.ts'
import { under } from './patience.ts'
import { RoomKeep, WAITING } from './room-keep.ts'
import type { ClientStorage } from './storage.ts'
import { type News, openTabs, type Tabs } from './tabs.ts'

/** All that any client writes begins so. */
export const OURS = 'parley/'
/** Where a person's own part of a storage begins. */
export const partOf = (user: string): string => `${OURS}${encodeURIComponent(user)}/`

export type KeepOptions = {
  /** The whole of it. */
  storage: ClientStorage
  user: string
  onError: OnError
  /** Another tab has done something in this room. */
  news(news: Exclude<News, { do: 'forgotten' }>): void
}

/** What a client keeps of its rooms between visits, for one person. Nothing in the storage is ever shown to another. */
export class Keep {
  readonly #options: KeepOptions
  readonly #own: ClientStorage
  readonly #tabs: Tabs
  readonly #rooms = new Map<RoomId, RoomKeep>()
  readonly #flush = () => this.flush()
  readonly #ready: Promise<unknown>
  #forgotten = false

  constructor(options: KeepOptions) {
    this.#options = options
    this.#own = under(options.storage, partOf(options.user))
    this.#tabs = openTabs(options.user, (news) => this.#hear(news))
    this.#ready = this.#wipe((key) => !key.startsWith(partOf(options.user))).catch(options.onError)
    if (typeof globalThis.addEventListener !== 'function') return
    for (const event of pageEnds) globalThis.addEventListener(event, this.#flush)
  }

  room(id: RoomId, changed: () => void): RoomKeep {
    const { onError } = this.#options
    const room = new RoomKeep(id, { storage: this.#own, tabs: this.#tabs, onError, ready: this.#ready, changed })
    if (this.#forgotten) room.stop()
    this.#rooms.set(id, room)
    return room
  }

  /** The rooms in which something waits since last time. */
  async waiting(): Promise<RoomId[]> {
    await this.#ready
    const keys = await this.#own.keys(WAITING)
    return [...new Set(keys.map((key) => key.split('/')[1] as RoomId))]
  }

  tell(news: News): void {
    this.#tabs.tell(news)
  }

  flush(): void {
    for (const room of this.#rooms.values()) room.flush()
  }

  /** Everything of this person goes, and nothing more is written, here and in the other tabs. */
  async forget(): Promise<void> {
    const tabs = openTabs(this.#options.user, () => {}) // ours may be closed by now
    tabs.tell({ do: 'forgotten' })
    tabs.close()
    this.#stop()
    await this.#wipe(() => true)
  }

  close(): void {
    this.flush()
    for (const room of this.#rooms.values()) room.stop()
    this.#tabs.close()
    if (typeof globalThis.removeEventListener !== 'function') return
    for (const event of pageEnds) globalThis.removeEventListener(event, this.#flush)
  }

  #stop(): void {
    this.#forgotten = true
    for (const room of this.#rooms.values()) room.stop()
  }

  async #wipe(which: (key: string) => boolean): Promise<void> {
    const { storage } = this.#options
    const keys = await storage.keys(OURS)
    await Promise.all(keys.filter(which).map((key) => storage.delete(key)))
  }

  #hear(news: News): void {
    if (news.do === 'forgotten') this.#stop()
    else guarded(() => this.#options.news(news), this.#options.onError)
  }
}

/** When a page may be gone without another word. */
const pageEnds = ['pagehide', 'visibilitychange']
