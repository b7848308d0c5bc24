import { reduceDeal } from '../../contract/deals/reduce.ts'
import type { Deal } from '../../contract/deals/schema.ts'
import type { Envelope } from '../../contract/events.ts'
import type { ActorKey, CommandId } from '../../contract/ids.ts'
import type { Actor } from '../../contract/sides.ts'
import { type Fact, followed, foreseen } from './forecast.ts'
import { isIn, type Pending, type Target } from './pending.ts'

/** Beyond every seq that a log will have. */
const BEYOND = 2 ** 52
export const isReal = (seq: number): boolean => seq < BEYOND

/** Whoever looks at a deal. */
export type Me = { readonly key: ActorKey; readonly role: Actor }
/** `marks`: what is on its way, by what it is about. `ours`: versions of which the hub has not answered yet, by number. */
export type Expected = {
  readonly deal: Deal
  readonly marks: ReadonlyMap<string, string>
  readonly ours: ReadonlyMap<number, CommandId>
}

/**
 * The deal as it will be once all that is on its way is done: each order is made the events that it is to become, and the contract's
 * own reducer takes them. So nothing is ever undone: what is refused waits no more, and is no longer expected. What the rules do not
 * allow is not foreseen; the hub decides.
 */
export function expected(deal: Deal, waiting: readonly Pending[], me: Me, now: string): Expected {
  const marks = new Map<string, string>()
  const ours = new Map<number, CommandId>()
  const numbers = new Map<Target, number>()
  let so = deal
  let seq = BEYOND
  for (const pending of waiting) {
    if (isIn(deal, pending)) {
      const proposed = deal.offers.find(({ seq }) => seq === pending.told)
      if (proposed) numbers.set(pending.commandId, proposed.offer)
      continue
    }
    const number = so.offers.length + 1
    const find = (target: Target) => numbers.get(target) ?? Number(target)
    const { about, move, facts } = foreseen(pending, { deal: so, as: me.role, now, find })
    for (const what of about) marks.set(what, move)
    if (facts.some(({ type }) => type === 'offer.proposed')) {
      numbers.set(pending.commandId, number)
      if (!pending.place) ours.set(number, pending.commandId)
    }
    const told = facts.reduce((now, fact) => reduced(now, fact, seq++, pending, me.key), so)
    so = followed(so, told, me.role).reduce((now, fact) => reduced(now, fact, seq++, pending, me.key), told)
  }
  return { deal: so === deal ? deal : { ...so, asOf: deal.asOf }, marks, ours }
}

function reduced(deal: Deal, { type, deal: its, personal }: Fact, seq: number, { eventId: id, at }: Pending, actor: ActorKey): Deal {
  const event = { roomId: deal.roomId, seq, id, type, version: 1, actor, at, data: { deal: its, personal } }
  return reduceDeal(deal, event as unknown as Envelope) ?? deal
}
