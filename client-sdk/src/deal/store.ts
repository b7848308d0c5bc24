import { reduceDeal } from '../../contract/deals/reduce.ts'
import type { Deal } from '../../contract/deals/schema.ts'
import type { Envelope } from '../../contract/events.ts'

/**
 * What is known of a deal. `head`: how far its room is applied. `held`: what the room told and the deal cannot take yet, as something
 * before it is missing; in order, without a hole, up to `head`.
 */
export type DealStore = { readonly deal: Deal | null; readonly head: number; readonly held: readonly Envelope[] }
export const newStore: DealStore = { deal: null, head: 0, held: [] }
/** More than that are not kept while the deal is being read: it is read again. */
const HELD_MAX = 1_000

/** What has to be read to say how the deal stands. */
export const isBehind = ({ deal, head }: DealStore): boolean => deal === null || deal.asOf < head

/** The room has come to `head`: by `news`, or because a snapshot has replaced it. A lower head means that it begins anew. */
export function heard(store: DealStore, head: number, news: readonly Envelope[]): DealStore {
  if (head < store.head) return heard(newStore, head, news)
  const fresh = news.filter(({ seq }) => seq > store.head)
  if (fresh.length === 0) return head === store.head ? store : { ...store, head, held: [] }
  const held = fresh[0]!.seq === store.head + 1 ? [...store.held, ...fresh] : fresh
  return told({ ...store, head, held: held.length > HELD_MAX ? [] : held })
}

/** The hub's answer. It may be younger than what the room has told, and older than what was held meanwhile. */
export const read = (store: DealStore, answer: Deal): DealStore =>
  answer.asOf < (store.deal?.asOf ?? 0) ? store : told({ ...store, deal: answer })

/** Takes what is held, if nothing is missing before it. */
function told(store: DealStore): DealStore {
  const { deal, held } = store
  const first = held[0]
  if (!deal || !first || first.seq > deal.asOf + 1) return store
  return { ...store, deal: held.reduce(taken, deal), held: [] }
}

/** An event that cannot be read, say of a later version, moves `asOf` on like one of an unknown type. */
function taken(deal: Deal, event: Envelope): Deal {
  try {
    return reduceDeal(deal, event) ?? deal
  } catch {
    return { ...deal, asOf: Math.max(deal.asOf, event.seq) }
  }
}
