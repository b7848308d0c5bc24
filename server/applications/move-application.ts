import { applicationStates } from '../../client-sdk/contract/applications/machine.ts'
import {
  type ApplicationPlace,
  type ApplicationState,
  type MoveApplication,
  nextApplication,
  ParleyError,
} from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type ApplicationStanding, databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { asParty, assertCurrent, insisting } from '../market/authorise.ts'
import { assertSameReason } from '../market/same-reason.ts'
import { once } from '../once.ts'
import { cancelAgreed, isCancelling } from './cancel-agreed.ts'
import { change, type Held, hold, illegal } from './change.ts'

/** Shortlists or declines, for the brand; withdraws, for the creator; and what is agreed either side may ask to cancel. */
export const moveApplication = (ctx: Ctx, input: MoveApplication): Promise<ApplicationPlace> =>
  insisting(async () => {
    const me = await asParty(ctx, 'moveApplication', input.applicationId)
    if (!isEverPossible(input.move, me)) throw new ParleyError('access.denied', 'Your role does not allow that')
    const { move } = input
    if (isCancelling(move)) return cancelAgreed(ctx, me, { ...input, move })
    const { reason: _, ...kept } = input // what a repeat is known by is kept: no words that could have to be erased
    let isNew = false
    // A fork: of several moves in one request none sees what another has read.
    const place = await ctx.em.fork().transactional(async (em) => {
      const held = await hold(em, { ...me, move: input.move })
      if (!held) throw notFound('application')
      return once(em, ctx, 'application.move', kept, async () => {
        isNew = true
        assertCurrent(held.application, input)
        assertMovable(held, me, input, await databaseNow(em))
        const by = { actor: me.actorKey, commandId: input.commandId, accessVersion: me.accessVersion }
        return change(em, ctx, held, { move: input.move, as: me.role, by, reason: input.reason ?? null })
      })
    })
    const { actorKey: actor, roomId } = me
    const { commandId, reason } = input
    if (!isNew) await assertSameReason(ctx, { roomId, actor, commandId, type: 'application.statusChanged' }, reason)
    return place
  })

const isEverPossible = (move: MoveApplication['move'], { role }: ApplicationStanding): boolean =>
  applicationStates.some((from: ApplicationState) => nextApplication(from, move, role) !== null)

function assertMovable({ campaign, application }: Held, { role }: ApplicationStanding, { move }: MoveApplication, now: Date): void {
  if (!nextApplication(application.state, move, role)) throw illegal(`${move} is not possible from ${application.state}`)
  if (campaign.state === 'cancelled') throw illegal('The campaign was cancelled')
  if (campaign.decideBy && campaign.decideBy <= now) throw new ParleyError('deadline.passed', 'The time to decide is over')
}
