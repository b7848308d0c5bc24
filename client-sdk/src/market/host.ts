import type { PageOf } from '../../contract/listing.ts'
import type { Role } from '../../contract/roles.ts'
import type { Ports } from '../ports.ts'
import { heard } from '../promises.ts'
import type { LiveHost } from './live.ts'
import type { Orders } from './orders.ts'
import { pathOf } from './paths.ts'
import type { Said } from './said.ts'

/** What the parts of a market need of it. */
export type MarketHost = LiveHost & {
  readonly ports: Ports
  readonly orders: Orders
  /** What we did. */
  tell(...said: Said[]): void
}
/** What names a thing, and the version of it that an order is made for. `me`: what we are to it, where that was read. */
export type Versioned<Id extends string> = { readonly [K in Id]: string } & { readonly version: number; readonly me?: Role }

/** Pages of a list: from where the last one ended, and as long as asked for, or as the filter says. */
export const pagesOf =
  <T>({ ports }: MarketHost, is: (answer: unknown) => answer is PageOf<T>, parts: readonly string[], filter: object = {}) =>
  (cursor: string | null, limit: number | null): Promise<PageOf<T>> =>
    ports.get(pathOf(parts, { ...filter, ...(limit && { limit }), cursor }), is)

/** An order whose outcome no card tells us: lists are told once it is done. */
export const telling = <T>({ tell }: MarketHost, order: Promise<T>, ...said: Said[]): Promise<T> =>
  heard(
    order.then((answer) => {
      tell(...said)
      return answer
    }),
  )
