import { type ApplicationState, applicationStates } from '../../contract/applications/machine.ts'
import type { ApplicationCard, Board } from '../../contract/applications/schema.ts'
import type { ParleyError } from '../../contract/errors.ts'
import type { PageOf } from '../../contract/listing.ts'
import { inserted, type Part, withPage } from './list.ts'
import { type Held, Live, type LiveHost, type Placed, type Source } from './live.ts'
import { type Pending, rankOf } from './said.ts'
import { newest } from './sorts.ts'

/** Applications in one state: how many there are, and the newest of them. */
export type BoardColumn = {
  readonly state: ApplicationState
  /** Of all of them, shown or not. */
  readonly count: number
  readonly items: readonly Pending<ApplicationCard>[]
  /** There are others: `loadMore(state)`. */
  readonly more: boolean
}
/** What a board shows. Immutable. */
export type BoardView = {
  /** False until the first `load()` has come back: nothing is known yet. */
  readonly loaded: boolean
  /** In the order of their states, each that has any. */
  readonly columns: readonly BoardColumn[]
  /** Why the last reading failed, if it did; it is tried again where that can help. */
  readonly error: ParleyError | null
}
/** A campaign's applications by their states, kept right from the first `load()` on, through every reconnect, until `close()`. */
export interface LiveBoard {
  /** The same object until something changes. */
  readonly state: BoardView
  /** Calls the listener after each change of `state`; returns what stops that. */
  subscribe(listener: () => void): () => void
  /** Reads all columns, each as far as it was read before. */
  load(): Promise<BoardView>
  /** Adds a page to a column; resolves with whether there is still more in it. */
  loadMore(state: ApplicationState): Promise<boolean>
  /** What is shown stays as it is. A later `load()` begins again. Idempotent. */
  close(): void
}

export type BoardSource = {
  campaignId: string
  board(): Promise<Board>
  /** Of one column. */
  page(state: ApplicationState, cursor: string): Promise<PageOf<ApplicationCard>>
}
type Card = Pending<ApplicationCard>
type Column = Part<Card> & { readonly state: ApplicationState; readonly count: number }
/** `counted`: cards as the counts have them. Pages are younger than the counts, so what they bring is not among these. */
type HeldBoard = Held & {
  readonly view: BoardView
  readonly columns: readonly Column[]
  readonly counted: ReadonlyMap<string, Card>
}

const idOf = ({ applicationId }: ApplicationCard): string => applicationId
const byState = (a: Column, b: Column): number => applicationStates.indexOf(a.state) - applicationStates.indexOf(b.state)
const shownIn = (columns: readonly Column[], id: string): Card | undefined =>
  columns.flatMap(({ items }) => items).find((item) => idOf(item) === id)

function shown(columns: readonly Column[], counted: HeldBoard['counted'], error: ParleyError | null = null): HeldBoard {
  const wanted = columns.filter(({ count }) => count > 0).sort(byState)
  const view = wanted.map(({ state, count, items, cursor }) => ({ state, count, items, more: cursor !== null }))
  return { columns: wanted, counted, view: { loaded: true, columns: view, error } }
}

const sourceOf = (from: BoardSource): Source<HeldBoard> => ({
  empty: { columns: [], counted: new Map(), view: { loaded: false, columns: [], error: null } },
  read: (before) => read(from, before),
  place: (now, said) => {
    if ('brand' in said) return { now, stale: true } // whose it is, no card says
    if (!('application' in said) || said.application.campaignId !== from.campaignId) return { now, stale: false }
    return moved(now, said.application)
  },
  items: ({ columns }) => columns.flatMap(({ items }) => items),
})

async function read(from: BoardSource, { columns: before }: HeldBoard): Promise<HeldBoard> {
  const columns = (await from.board()).columns.map((column): Column => ({ ...column, edge: column.items.at(-1) }))
  let now = shown(columns, new Map(columns.flatMap(({ items }) => items.map((card) => [idOf(card), card]))))
  for (const { state, items } of before) {
    const isShort = () => now.columns.find((column) => column.state === state && column.items.length < items.length)?.cursor
    for (let cursor = isShort(); cursor; cursor = isShort()) now = longer(now, state, await from.page(state, cursor))
  }
  return now
}

/** A column with its next page, but for what is known of it otherwise: such a card is where the counts have it. */
function longer(now: HeldBoard, wanted: ApplicationState, page: PageOf<ApplicationCard>): HeldBoard {
  const { columns, counted } = now
  const isNew = (card: ApplicationCard) => !counted.has(idOf(card)) && !shownIn(columns, idOf(card))
  const known = [...counted.values()].filter((card) => card.state === wanted && !shownIn(columns, idOf(card)))
  const grown = columns.map((column) => {
    if (column.state !== wanted) return column
    const { items, ...read } = withPage({ idOf }, column, { ...page, items: page.items.filter(isNew) })
    const part = { ...read, items, edge: page.items.at(-1) ?? column.edge }
    return { ...column, ...known.reduce((all, card) => inserted(all, card, newest) ?? all, part) }
  })
  return shown(grown, counted)
}

/** The card in the column of its state. Where it came from is known if it is counted, if it is shown, or if it was just submitted. */
function moved(now: HeldBoard, card: Card): Placed<HeldBoard> {
  const { columns, counted } = now
  const id = idOf(card)
  const before = counted.get(id)
  const seen = before ?? shownIn(columns, id)
  if (seen && rankOf(seen) >= rankOf(card)) return { now, stale: !before }
  const to = columns.find(({ state }) => state === card.state) ?? { state: card.state, count: 0, items: [], cursor: null, edge: undefined }
  if (!seen && (rankOf(card) > 1 || !inserted(to, card, newest))) return { now, stale: true } // it may be counted already, or elsewhere
  const without = (column: Column): Column => ({
    ...column,
    count: column.count - (column.state === seen?.state ? 1 : 0),
    items: column.items.filter((item) => idOf(item) !== id),
  })
  const rest = without(to)
  const column = { ...rest, ...inserted(rest, card, newest), count: rest.count + 1 }
  const isKnown = before !== undefined || !seen
  const recounted = isKnown ? new Map(counted).set(id, card) : counted
  const all = [...columns.filter((other) => other !== to).map(without), column]
  return { now: shown(all, recounted, now.view.error), stale: !isKnown }
}

export class BoardClient extends Live<HeldBoard> implements LiveBoard {
  readonly #from: BoardSource

  constructor(host: LiveHost, from: BoardSource) {
    super(host, sourceOf(from))
    this.#from = from
  }

  loadMore(state: ApplicationState): Promise<boolean> {
    const cursorOf = ({ columns }: HeldBoard) => columns.find((column) => column.state === state)?.cursor ?? null
    const fetch = async (before: HeldBoard) => {
      const cursor = cursorOf(before)
      if (cursor === null) return (now: HeldBoard) => now
      const page = await this.#from.page(state, cursor)
      return (now: HeldBoard) => longer(now, state, page)
    }
    return this.extend(fetch, (now) => cursorOf(now) !== null)
  }
}
