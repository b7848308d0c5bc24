import type { ParleyError } from '../../contract/errors.ts'
import type { PageOf } from '../../contract/listing.ts'
import { type Held, Live, type LiveHost, type Placed, type Source } from './live.ts'
import type { Said, Topic } from './said.ts'

/** What a list shows. Immutable. */
export type ListView<T> = {
  /** False until the first `load()` has come back: nothing is known yet. */
  readonly loaded: boolean
  readonly items: readonly T[]
  /** There are others: `loadMore()`. */
  readonly more: boolean
  /** Why the last reading failed, if it did; it is tried again where that can help. */
  readonly error: ParleyError | null
}
/** A list of the hub, kept right from its first `load()` on, through every reconnect, until `close()`. */
export interface LiveList<T> {
  /** The same object until something changes. */
  readonly state: ListView<T>
  /** Calls the listener after each change of `state`; returns what stops that. */
  subscribe(listener: () => void): () => void
  /** Reads it, as far as it was read before. */
  load(): Promise<ListView<T>>
  /** Adds the next page; resolves with whether there is still more. */
  loadMore(): Promise<boolean>
  /** What is shown stays as it is. A later `load()` begins again. Idempotent. */
  close(): void
}

/** What becomes of a list: an item in the place that it has or, `sorted`, in that of its order; or an item taken out; or, all to be read again. */
export type Effect<T> = { put: T; sorted?: boolean; stale?: boolean } | { drop: T } | 'stale' | null
export type ListKind<T> = {
  of: Topic
  page(cursor: string | null, limit: number | null): Promise<PageOf<T>>
  idOf(item: T): string
  /** In the order of the hub, where cards have what it goes by. */
  compare?: (a: T, b: T) => number
  effect(said: Exclude<Said, { done: Topic }>, find: (id: string) => T | undefined): Effect<T>
}
/** `edge`: the last item of the last page, as it was read; what comes after it is for another page. */
export type Part<T> = { readonly items: readonly T[]; readonly cursor: string | null; readonly edge: T | undefined }
export type HeldList<T> = Held & { readonly view: ListView<T>; readonly part: Part<T> }

/** The most that the hub gives at once. */
const LONGEST = 100

/** From the first item on, until there are as many as `least`, or no more. */
async function readPart<T>(kind: ListKind<T>, least: number): Promise<Part<T>> {
  let part = withPage(kind, { items: [], cursor: null, edge: undefined }, await kind.page(null, limitFor(least)))
  while (part.cursor !== null && part.items.length < least) part = withPage(kind, part, await kind.page(part.cursor, limitFor(least)))
  return part
}
const limitFor = (least: number): number | null => (least > 20 ? Math.min(least, LONGEST) : null)

/** What is there by now is newer than the page. */
export function withPage<T>({ idOf }: Pick<ListKind<T>, 'idOf'>, { items, edge }: Part<T>, page: PageOf<T>): Part<T> {
  const known = new Set(items.map(idOf))
  return { items: [...items, ...page.items.filter((item) => !known.has(idOf(item)))], cursor: page.cursor, edge: page.items.at(-1) ?? edge }
}

/** In the place of its order; null where that is on a page that is not read yet. */
export function inserted<T>(part: Part<T>, item: T, compare: (a: T, b: T) => number): Part<T> | null {
  const { items, cursor, edge } = part
  if (cursor !== null && (!edge || compare(item, edge) > 0)) return null
  const at = items.findIndex((other) => compare(item, other) < 0)
  return { ...part, items: at < 0 ? [...items, item] : items.toSpliced(at, 0, item) }
}

const shown = <T>(part: Part<T>): HeldList<T> => ({
  part,
  view: { loaded: true, items: part.items, more: part.cursor !== null, error: null },
})

const sourceOf = <T>(kind: ListKind<T>): Source<HeldList<T>> => ({
  empty: {
    part: { items: [], cursor: null, edge: undefined },
    view: { loaded: false, items: [], more: false, error: null },
  },
  read: async ({ part }) => shown(await readPart(kind, part.items.length)),
  place: (now, said) => placed(kind, now, said),
  items: ({ part }) => part.items,
})

function placed<T>(kind: ListKind<T>, now: HeldList<T>, said: Said): Placed<HeldList<T>> {
  const { part, view } = now
  if ('done' in said) return { now, stale: said.done === kind.of }
  const find = (id: string) => part.items.find((item) => kind.idOf(item) === id)
  const effect = kind.effect(said, find)
  if (!effect || effect === 'stale') return { now, stale: effect !== null }
  const item = 'put' in effect ? effect.put : effect.drop
  const rest = { ...part, items: part.items.filter((other) => kind.idOf(other) !== kind.idOf(item)) }
  const stale = 'stale' in effect && effect.stale === true
  const changedTo = (changed: Part<T>) => ({ now: { ...now, part: changed, view: { ...view, items: changed.items } }, stale })
  if ('drop' in effect) return changedTo(rest)
  if (!effect.sorted || !kind.compare) return changedTo(replaced(kind, part, item))
  const sorted = inserted(rest, item, kind.compare)
  return sorted || rest.items.length < part.items.length ? changedTo(sorted ?? rest) : { now, stale }
}
const replaced = <T>({ idOf }: ListKind<T>, part: Part<T>, item: T): Part<T> => ({
  ...part,
  items: part.items.map((other) => (idOf(other) === idOf(item) ? item : other)),
})

export class ListClient<T> extends Live<HeldList<T>> implements LiveList<T> {
  readonly #kind: ListKind<T>

  constructor(host: LiveHost, kind: ListKind<T>) {
    super(host, sourceOf(kind))
    this.#kind = kind
  }

  loadMore(): Promise<boolean> {
    const fetch = async ({ part }: HeldList<T>) => {
      if (part.cursor === null) return (now: HeldList<T>) => now
      const page = await this.#kind.page(part.cursor, null)
      return (now: HeldList<T>) => shown(withPage(this.#kind, now.part, page))
    }
    return this.extend(fetch, ({ view }) => view.more)
  }
}
