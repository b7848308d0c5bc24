import {
  type ApplicationMove,
  type ApplicationPlace,
  type MoveApplication,
  nextApplication,
  partyOf,
} from '../../client-sdk/contract/index.ts'
import { timesAsked } from '../../persistence/deals.ts'
import type { ApplicationStanding } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { changeDealAs, type Fact, type Held } from '../deals/change-deal.ts'
import { assertCurrent } from '../market/authorise.ts'
import { illegal } from './change.ts'

type Cancelling = Extract<ApplicationMove, `cancel.${string}`>
export const isCancelling = (move: ApplicationMove): move is Cancelling => move.startsWith('cancel.')

/**
 * Asks to cancel what is agreed, takes that back, or consents, which ends it. No deadline is in the way, nor that the campaign was
 * cancelled: what is agreed goes on without it.
 */
export async function cancelAgreed(
  ctx: Ctx,
  { role: as, ...standing }: ApplicationStanding,
  input: MoveApplication & { move: Cancelling },
): Promise<ApplicationPlace> {
  const words = { reason: input.reason ?? null }
  const personal = { type: 'application.statusChanged', words } as const
  const place = await changeDealAs(ctx, { ...standing, as }, { name: 'application.move', input, personal }, async (held) => {
    assertCurrent(held.deal, input)
    if (input.move === 'cancel.request') await assertMayAsk(held)
    return { facts: [cancelFact(held, input.move, words)], answer: {} }
  })
  const { applicationId, version, state, roomId } = place
  return { applicationId, version, state, roomId }
}

/** How often each side may ask to cancel. Who asks and takes it back has no other end, and all of it is read with each order. */
const ASKS_MAX = 20
async function assertMayAsk({ em, roomId, as }: Held): Promise<void> {
  const by = partyOf(as)
  if (by && (await timesAsked(em, roomId, by)) >= ASKS_MAX) throw illegal(`Your side has asked to cancel ${ASKS_MAX} times`)
}

/** Throws where the machine does not lead there. */
export function cancelFact({ deal: { state: from, version }, as }: Pick<Held, 'deal' | 'as'>, move: Cancelling, personal: Words): Fact {
  const to = nextApplication(from, move, as)
  if (!to) throw illegal(`${move} is not possible from ${from}`)
  return { type: 'application.statusChanged', deal: { move, from, to, version: version + 1 }, personal }
}
type Words = { reason: string | null }
