import { type ApplicationState, applicationStates } from '../../contract/applications/machine.ts'
import type { ApplicationCard, Board } from '../../contract/applications/schema.ts'
import type { ParleyError } from '../../contract/errors.ts'
import type { PageOf } from '../../contract/listing.ts'
import { heard } from '../promises.ts'
import { inserted, type Part, readPart, withPage } from './list.ts'
import { type Held, Live, type LiveHost, type Placed, type Source } from './live.ts'
import { newest } from './sorts.ts'

/** Applications in one state: how many there are, and the newest of them. */
export type BoardColumn = {
  readonly state: ApplicationState
  /** Of all of them, shown or not. */
  readonly count: number
  readonly items: readonly ApplicationCard[]
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
  page(state: ApplicationState, cursor: string | null, limit: number | null): Promise<PageOf<ApplicationCard>>
}
type Column = Part<ApplicationCard> & { readonly state: ApplicationState; readonly count: number }
type HeldBoard = Held & { readonly view: BoardView; readonly columns: readonly Column[] }

const idOf = ({ applicationId }: ApplicationCard): string => applicationId
const byState = (a: Column, b: Column): number => applicationStates.indexOf(a.state) - applicationStates.indexOf(b.state)

function shown(columns: readonly Column[], error: ParleyError | null = null): HeldBoard {
  const wanted = columns.filter(({ count }) => count > 0).sort(byState)
  const view = wanted.map(({ state, count, items, cursor }) => ({ state, count, items, more: cursor !== null }))
  return { columns: wanted, view: { loaded: true, columns: view, error } }
}

const sourceOf = (from: BoardSource): Source<HeldBoard> => ({
  empty: { columns: [], view: { loaded: false, columns: [], error: null } },
  read: (before) => read(from, before),
  place: (now, said) => {
    if ('brand' in said) return { now, stale: true } // whose it is, no card says
    if (!('application' in said) || said.application.campaignId !== from.campaignId) return { now, stale: false }
    return moved(now, said.application)
  },
})

async function read(from: BoardSource, { columns: before }: HeldBoard): Promise<HeldBoard> {
  const { columns } = await from.board()
  const whole = columns.map(async ({ state, count, items, cursor }): Promise<Column> => {
    const kind = { idOf, page: (at: string | null, limit: number | null) => from.page(state, at, limit) }
    const least = before.find((column) => column.state === state)?.items.length ?? 0
    return { state, count, ...(await readPart(kind, least, { items, cursor, edge: items.at(-1) })) }
  })
  return shown(await Promise.all(whole))
}

/** The card in the column of its state. Where it came from is known if it is shown, or if it was just submitted. */
function moved(now: HeldBoard, card: ApplicationCard): Placed<HeldBoard> {
  const from = now.columns.find(({ items }) => items.some((item) => idOf(item) === idOf(card)))
  const before = from?.items.find((item) => idOf(item) === idOf(card))
  if (before && before.version >= card.version) return { now, stale: false }
  if (!before && card.version > 1) return { now, stale: true }
  const left = now.columns.map((column) => (column === from ? without(column, card) : column))
  const to = left.find(({ state }) => state === card.state) ?? { state: card.state, count: 0, items: [], cursor: null, edge: undefined }
  const part = inserted(to, card, newest)
  if (!before && !part) return { now, stale: true } // it may be among those that are counted already
  const column = { ...to, ...part, count: to.count + 1 }
  return { now: shown([...left.filter((other) => other !== to), column], now.view.error), stale: false }
}
const without = (column: Column, card: ApplicationCard): Column => ({
  ...column,
  count: column.count - 1,
  items: column.items.filter((item) => idOf(item) !== idOf(card)),
})

export class BoardClient extends Live<HeldBoard> implements LiveBoard {
  readonly #from: BoardSource

  constructor(host: LiveHost, from: BoardSource) {
    super(host, sourceOf(from))
    this.#from = from
  }

  loadMore(state: ApplicationState): Promise<boolean> {
    return heard(this.#loadMore(state))
  }
  async #loadMore(state: ApplicationState): Promise<boolean> {
    const { view } = await this.extend(async ({ columns }) => {
      const cursor = columns.find((column) => column.state === state)?.cursor ?? null
      if (cursor === null) return (now) => now
      const page = await this.#from.page(state, cursor, null)
      return (now) => {
        const longer = now.columns.map((column) => (column.state === state ? { ...column, ...withPage({ idOf }, column, page) } : column))
        return shown(longer, now.view.error)
      }
    })
    return view.columns.find((column) => column.state === state)?.more ?? false
  }
}
