import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { canonical, type Json } from '../client-sdk/contract/canonical.ts'
import { eventId } from '../client-sdk/contract/chain.ts'
import { type ActorKey, type CommandId, ParleyError, SYSTEM } from '../client-sdk/contract/index.ts'
import { digest } from '../persistence/digest.ts'
import { query } from '../persistence/sql.ts'
import { type Ctx, commander } from './ctx.ts'

/**
 * A command's id for streams where the platform acts for many: another person's same id must be another there.
 */
export const ownId = (ctx: Ctx, commandId: CommandId): CommandId =>
  eventId(digest, commandId, commander(ctx) as string as ActorKey, 0) as string as CommandId

/** The id of what the platform does by itself to a thing, once: UUIDv5, like an event's id, of the thing and what `n` says of it. */
export const platformId = (id: string, n: number): CommandId => eventId(digest, id as CommandId, SYSTEM, n) as string as CommandId

/**
 * Runs a command's effect once, in the caller's transaction: sent again it gets the first answer, from the row that was
 * written in the same commit. Authorise before, so that a repeat answers only who may ask. Only successes are kept, and
 * results carry ids, never personal words. Throws `command.reused` for the same id with other content. Two at the same time
 * wait for each other on the row.
 */
export async function once<T extends Json>(
  em: EntityManager,
  ctx: Ctx,
  name: string,
  input: { commandId: CommandId } & Record<string, unknown>,
  effect: () => Promise<T>,
): Promise<T> {
  const actorId = commander(ctx)
  const fingerprint = createHash('sha256')
    .update(canonical([name, input] as Json))
    .digest()
  const [claimed] = await query(
    em,
    `insert into command (actor_id, id, name, fingerprint, result) values ($1, $2, $3, $4, 'null') on conflict do nothing returning id`,
    [actorId, input.commandId, name, fingerprint],
  )
  if (!claimed) return repeated<T>(em, actorId, input.commandId, fingerprint)
  const result = await effect()
  await query(em, 'update command set result = $3 where actor_id = $1 and id = $2', [actorId, input.commandId, canonical(result)])
  return result
}

async function repeated<T>(em: EntityManager, actorId: string, id: CommandId, fingerprint: Buffer): Promise<T> {
  const [row] = await query<{ fingerprint: Buffer; result: string }>(
    em,
    'select fingerprint, result from command where actor_id = $1 and id = $2',
    [actorId, id],
  )
  if (!row?.fingerprint.equals(fingerprint)) throw new ParleyError('command.reused', 'This command id was used for something else')
  return JSON.parse(row.result) as T
}
