import { messageOf } from '../contract/chat/reduce.ts'
import type { Message, Version } from '../contract/chat/schema.ts'
import type { ActorKey, RoomId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import { can, type RoomRule } from '../contract/permissions.ts'
import type { PersonPresence } from '../contract/presence/schema.ts'
import type { Member } from '../contract/rooms/schema.ts'
import type { SearchPage } from '../contract/search/schema.ts'
import { Attendance } from './attendance.ts'
import { Commands } from './commands.ts'
import { Company, type RoomWhisper } from './company.ts'
import { isStranger } from './errors.ts'
import { History, type HistoryPage, type HistoryPlace, loadOlder } from './history.ts'
import { Listeners } from './listeners.ts'
import { type Mentionable, mentionable } from './mentions.ts'
import type { OrderName, Orders, Target } from './outbox.ts'
import { heard, refused } from './promises.ts'
import type { MessageRef, Room, RoomHost } from './room.ts'
import type { RoomKeep } from './room-keep.ts'
import { RoomOrders } from './room-orders.ts'
import type { RoomStore } from './room-store.ts'
import { type Known, type RoomView, type SentMessage, viewOf } from './room-view.ts'
import { type RoomSearch, search } from './search.ts'
import type { News } from './tabs.ts'
import { type Thread, Threads } from './threads.ts'

/** One room, put together: what an app sees and does. */
export class RoomClient extends RoomOrders implements Room {
  readonly id: RoomId
  readonly attendance: Attendance
  /** Other parts of the SDK: told of each change of the store, before the app is. */
  readonly watchers = new Set<(store: RoomStore) => void>()
  readonly #host: RoomHost
  readonly #listeners: Listeners
  readonly #commands: Commands
  readonly #company: Company
  readonly #history: History
  readonly #threads: Threads
  readonly #keep: RoomKeep | null
  /** Settles once what is kept of an earlier visit is shown. */
  readonly #recalled: Promise<void>
  #view: RoomView | null = null
  #last: RoomView | null = null
  #news: unknown = null
  /** A snapshot has replaced what was loaded. */
  #isFresh = false
  readonly #shown: Known = new WeakMap()
  #paging: Promise<boolean> | null = null

  constructor(id: RoomId, host: RoomHost) {
    super()
    this.id = id
    this.#host = host
    this.#listeners = new Listeners(host.onError)
    this.attendance = new Attendance(id, host, {
      entered: (joined) => {
        this.#commands.identified(joined.me.key)
        this.#company.entered(joined)
        this.#isFresh = joined.snapshot !== null
      },
      updated: (store) => {
        this.#commands.settle(store)
        this.#keep?.room(store)
        this.#heard(store)
        this.#changed()
        void this.#commands.run()
      },
      detached: () => {
        this.#commands.interrupted()
        this.#company.detached()
      },
      ended: (reason, givenUp) => {
        this.#commands.fail(reason, givenUp)
        this.#isFresh ||= isStranger(reason)
        this.#company.detached()
        if (givenUp && !this.attendance.left) host.inbox.closed(id)
      },
    })
    this.#company = new Company(this.attendance, host, () => this.#changed())
    this.#history = new History(id, host)
    this.#threads = new Threads({
      store: () => this.attendance.store,
      outbox: () => this.#commands.outbox,
      changed: () => this.#changed(),
      history: this.#history,
      known: this.#shown,
    })
    this.#keep = host.keep(id, () => this.#changed())
    this.#commands = new Commands(this.attendance, host, this.#keep, () => this.#changed())
    this.#recalled = this.#recall()
    this.attendance.holdUntil(this.#recalled)
  }

  async #recall(): Promise<void> {
    const kept = await this.#keep?.load(this.attendance.store)
    if (!kept || this.attendance.over) return
    if (kept.store) this.attendance.recall(kept.store)
    this.#commands.takeUp(kept.commands, 'before')
  }

  /** Another tab has done something here. */
  async hear(news: Exclude<News, { do: 'forgotten' }>): Promise<void> {
    await this.#recalled
    if (news.do !== 'queued') return this.#commands.hear(news)
    const commands = await this.#keep?.look()
    if (commands && !this.attendance.over) this.#commands.takeUp(commands, 'otherTab')
  }

  get state(): RoomView {
    const { outbox } = this.#commands
    const { store, left } = this.attendance
    const unsaved = this.#keep?.unsafe(outbox) ?? outbox.length
    this.#view ??= { ...viewOf(store, outbox, left, this.#shown, this.#last), ...this.#company.view, unsaved }
    this.#last = this.#view
    return this.#view
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  join(): Promise<Room> {
    return heard(this.attendance.join().then(() => this))
  }
  leave(): Promise<void> {
    const left = this.attendance.leave()
    this.#keep?.flush()
    return left
  }

  protected targetOf(message: MessageRef): Target | null {
    return this.#commands.targetOf(message)
  }
  protected order<N extends OrderName>(name: N, input: Orders[N]): Promise<Output<N>> {
    this.#host.stirred()
    if (name === 'chat.send') this.#company.spoke()
    const { over } = this.attendance
    if (over) return refused(over)
    const done = this.#commands.order(name, input)
    this.attendance.want()
    return done
  }
  /** What is asked of the hub, unless the room has ended. */
  #ask<T>(ask: () => Promise<T>): Promise<T> {
    const asked = async () => {
      if (this.attendance.over) throw this.attendance.over
      return ask()
    }
    return heard(asked())
  }

  online(): void {
    this.attendance.online()
    this.#company.online()
  }

  /** What is whispered here. */
  whispered(said: RoomWhisper): void {
    this.#company.hear(said)
  }
  readElsewhere(seq: number): void {
    this.#company.read(seq)
  }

  can(rule: RoomRule): boolean {
    const { kind, me, settings } = this.state
    return kind !== null && me !== null && can(rule, { kind, role: me.role, ...settings })
  }
  mentionable(prefix: string, limit = 8): readonly Mentionable[] {
    return mentionable(this.state.members, this.state.me?.key, prefix, limit)
  }
  seenBy(message: SentMessage | number): readonly Member[] {
    const { members, reads, messages } = this.state
    const { seq, author } =
      typeof message === 'number' ? { seq: message, author: messages.find((m) => m.seq === message)?.author } : message
    return members.filter(({ key }) => key !== author && (reads[key] ?? 0) >= seq)
  }
  markRead(seq?: number): void {
    this.#host.stirred()
    const { over, wanted, store } = this.attendance
    if (over) return
    const until = seq ?? Math.max(store.room.rev, wanted ? 0 : this.#host.inbox.headOf(this.id))
    if (until > 0) this.#company.markRead(until)
    else
      void this.join().then(
        () => this.#company.markRead(undefined),
        () => {},
      )
  }
  typing(typing = true): void {
    this.#host.stirred()
    if (this.can('speak')) this.#company.typing(typing)
  }
  mute(muted: boolean): Promise<void> {
    return this.#ask(() => this.#company.mute(muted))
  }
  presenceOf(members: readonly ActorKey[]): Promise<readonly PersonPresence[]> {
    return this.#ask(async () =>
      members.length === 0 ? [] : (await this.#host.command('presence.query', { roomId: this.id, members: [...members] })).people,
    )
  }

  thread(message: MessageRef): Thread {
    const of = typeof message === 'number' ? messageOf(this.attendance.store.room.messages, message) : message
    return this.#threads.of(of?.thread ?? this.placeOf(message))
  }
  versions(message: MessageRef): Promise<readonly Version[]> {
    return this.#ask(() => this.#history.versions(this.placeOf(message)))
  }
  pinned(): Promise<readonly SentMessage[]> {
    return this.#ask(async () => this.#viewed(await this.#history.pins()))
  }
  history(place: HistoryPlace = {}): Promise<HistoryPage> {
    return this.#ask(async () => {
      const { messages, more, newer } = await this.#history.page(place)
      return { messages: this.#viewed(messages.reverse()), more, newer }
    })
  }
  search(query: RoomSearch): Promise<SearchPage> {
    return this.#ask(() => search(this.#host.get, { ...query, roomId: this.id }))
  }
  #viewed(messages: readonly Message[]): SentMessage[] {
    return messages.map((message) => ({ ...message, mine: message.author === this.state.me?.key, pending: null }))
  }

  loadOlder(limit = 50): Promise<boolean> {
    this.#paging ??= loadOlder(this.attendance, this.#history, limit).finally(() => {
      this.#paging = null
    })
    return heard(this.#paging)
  }

  /** What is new in the store is told to whoever makes more of it. */
  #heard(store: RoomStore): void {
    const isNews = store.news !== this.#news && store.news.length > 0
    this.#news = store.news
    if (this.#isFresh) this.#threads.reset(store)
    else if (isNews) this.#threads.heard(store.news)
    this.#isFresh = false
    this.#company.updated(store, isNews)
    if (isNews) this.#host.inbox.said(store, this.id)
    for (const watch of this.watchers) watch(store)
  }

  #changed(): void {
    this.#view = null
    this.#listeners.notify()
  }
}
