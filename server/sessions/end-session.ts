import type { EntityManager } from '@mikro-orm/postgresql'
import { type CommandId, newId, type Part, SYSTEM } from '../../client-sdk/contract/index.ts'
import type { Session } from '../../persistence/entities/people.ts'
import type { Ctx } from '../ctx.ts'

type Reason = Part<'session.ended', 'deal'>['reason']

/**
 * Ends a session whose row the caller has locked, and tells it on the person's own stream: from there every node learns
 * of it and closes the session's sockets. It is the transaction's last step, since it locks the stream.
 */
export async function endSession(em: EntityManager, ctx: Ctx, session: Session, reason: Reason): Promise<void> {
  session.endedAt = ctx.now()
  await em.flush()
  const deal = { sessionId: session.id, reason }
  // An id of ours: the caller's could be one that this stream has seen, and the ending must not fail.
  const by = { actor: SYSTEM, commandId: newId<CommandId>(), accessVersion: null }
  await ctx.log.append(em, [{ ...by, streamId: session.personId, type: 'session.ended', deal, personal: null }])
}
