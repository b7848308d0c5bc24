import type { CommandId, RoomId } from '../contract/ids.ts'
import { commandFrom, commandText, type KeptCommand, roomFrom, roomText } from './kept-format.ts'
import type { OnError } from './listeners.ts'
import type { Outbox, Pending } from './outbox.ts'
import type { RoomStore } from './room-store.ts'
import type { ClientStorage } from './storage.ts'
import type { Tabs } from './tabs.ts'

/** A room is written at most so often, in ms. */
const PACE = 1_000
/** Every key of the commands that wait, by room. */
export const WAITING = 'waiting/'

export type RoomKeepOptions = {
  storage: ClientStorage
  tabs: Tabs
  onError: OnError
  /** Once what is another person's is gone. */
  ready: Promise<unknown>
  /** Something more is safe. */
  changed(): void
}

/** What is kept of one room between visits: itself, and the commands whose outcome is open, each under a key of its own. */
export class RoomKeep {
  readonly #id: RoomId
  readonly #options: RoomKeepOptions
  /** What is written, or being written, of each command in the outbox. */
  readonly #written = new Map<CommandId, Pending['input']>()
  /** Every command seen here, so that none comes back from the storage when it is done. */
  readonly #seen = new Set<CommandId>()
  readonly #safe = new Set<CommandId>()
  /** Done, and taken out once a room is written that shows it. */
  readonly #done = new Set<CommandId>()
  #unwritten: RoomStore | null = null
  #shown: Pick<RoomStore, 'room' | 'me' | 'kind'> | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #wroteAt = 0
  #stopped = false

  constructor(id: RoomId, options: RoomKeepOptions) {
    this.#id = id
    this.#options = options
  }

  /** The room and its commands of last time. What cannot be read counts as nothing. */
  async load(empty: RoomStore): Promise<{ store: RoomStore | null; commands: KeptCommand[] }> {
    await this.#options.ready
    const store = await this.#read(`room/${this.#id}`, (text) => roomFrom(text, empty))
    return { store, commands: await this.look() }
  }

  /** The commands that another has put there since the last look. */
  async look(): Promise<KeptCommand[]> {
    const { storage, onError } = this.#options
    const begin = `${WAITING}${this.#id}/`
    const keys = await Promise.resolve(storage.keys(begin)).catch((error: unknown) => {
      onError(error)
      return []
    })
    const isNew = (key: string) => !this.#seen.has(key.slice(begin.length) as CommandId)
    const found = await Promise.all(keys.filter(isNew).map((key) => this.#read(key, commandFrom)))
    const commands = found.filter((command) => command !== null).filter(({ commandId }) => !this.#seen.has(commandId))
    for (const { commandId, input } of commands) {
      this.#seen.add(commandId)
      this.#safe.add(commandId)
      this.#written.set(commandId, input)
    }
    return commands
  }

  async #read<T>(key: string, parse: (text: string) => T): Promise<T | null> {
    try {
      const text = await this.#options.storage.get(key)
      return text ? parse(text) : null
    } catch (error) {
      this.#options.onError(error)
      return null
    }
  }

  /** Writes what is new in the outbox. What is there no more is done, unless it was given up: that must not come back. */
  outbox(outbox: Outbox, gone: 'done' | 'givenUp'): void {
    if (this.#stopped) return
    const open = new Set(outbox.map(({ commandId }) => commandId))
    for (const commandId of [...this.#written.keys()].filter((id) => !open.has(id))) {
      this.#written.delete(commandId)
      this.#safe.delete(commandId)
      if (gone === 'givenUp') this.#take(commandId)
      else this.#done.add(commandId)
    }
    for (const pending of outbox) if (this.#written.get(pending.commandId) !== pending.input) void this.#write(pending)
    if (this.#done.size > 0) this.#later()
  }

  /** How many of these would be lost with the page. */
  unsafe(outbox: Outbox): number {
    return outbox.filter(({ commandId }) => !this.#safe.has(commandId)).length
  }

  async #write(pending: Pending): Promise<void> {
    const { commandId, input } = pending
    const isNew = !this.#seen.has(commandId)
    this.#seen.add(commandId)
    this.#written.set(commandId, input)
    if (!(await this.#attempt(() => this.#options.storage.set(this.#keyOf(commandId), commandText(pending))))) return
    if (!this.#written.has(commandId) || this.#safe.has(commandId)) return
    this.#safe.add(commandId)
    if (isNew) this.#options.tabs.tell({ do: 'queued', roomId: this.#id })
    this.#options.changed()
  }

  /** The room as it now is. */
  room(store: RoomStore): void {
    const { room, me, kind, stage } = store
    if (stage === 'removed') this.#drop()
    const same = this.#shown?.room === room && this.#shown.me === me && this.#shown.kind === kind
    if (this.#stopped || same || room.rev === 0 || stage === 'removed' || stage === 'forked') return
    this.#shown = { room, me, kind }
    this.#unwritten = store
    this.#later()
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.flush(), Math.max(0, this.#wroteAt + PACE - Date.now()))
  }

  /** Writes what is due. A command that is done goes after the room that shows it, so that a crash in between loses neither. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#stopped) return
    this.#wroteAt = Date.now()
    const store = this.#unwritten
    const done = [...this.#done]
    this.#unwritten = null
    this.#done.clear()
    if (store) void this.#attempt(() => this.#options.storage.set(`room/${this.#id}`, roomText(store)))
    for (const commandId of done) this.#take(commandId)
  }

  /** The room is ours no more, and so is what we knew of it. */
  #drop(): void {
    this.#unwritten = null
    this.#shown = null
    if (!this.#stopped) void this.#attempt(() => this.#options.storage.delete(`room/${this.#id}`))
  }

  /** Nothing is written any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#stopped = true
  }

  #take(commandId: CommandId): void {
    void this.#attempt(() => this.#options.storage.delete(this.#keyOf(commandId)))
  }

  #keyOf(commandId: CommandId): string {
    return `${WAITING}${this.#id}/${commandId}`
  }

  async #attempt(run: () => unknown): Promise<boolean> {
    try {
      await run()
      return true
    } catch (error) {
      this.#options.onError(error)
      return false
    }
  }
}
