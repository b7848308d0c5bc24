import type { PageOf } from '../../contract/listing.ts'
import type { Ports } from '../ports.ts'
import type { LiveHost, Said } from './live.ts'
import type { Orders } from './orders.ts'
import { pathOf } from './paths.ts'

/** What the parts of a market need of it. */
export type MarketHost = LiveHost & {
  readonly ports: Ports
  readonly orders: Orders
  /** What we did, and the hub tells nobody. */
  tell(said: Said): void
}
/** What names a thing, and the version of it that an order is made for. */
export type Versioned<Id extends string> = { readonly [K in Id]: string } & { readonly version: number }

/** Pages of a list: from where the last one ended, and as long as asked for, or as the filter says. */
export const pagesOf =
  <T>({ ports }: MarketHost, is: (answer: unknown) => answer is PageOf<T>, parts: readonly string[], filter: object = {}) =>
  (cursor: string | null, limit: number | null): Promise<PageOf<T>> =>
    ports.get(pathOf(parts, { ...filter, ...(limit && { limit }), cursor }), is)
