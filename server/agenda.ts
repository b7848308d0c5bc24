import { type Living, lives } from '../persistence/slow-work.ts'
import type { Ctx } from './ctx.ts'

/** What is to be done next about a thing, and from when on: ISO 8601 in UTC. PostgreSQL's clock decides, whoever asks. */
export type Step<What extends string = string> = { at: string; what: What }
/** Nothing for now, and something may still become of the thing. */
export type Idle = 'idle'

/** What is next; where there is nothing, whether there may be something later. */
export async function nextOrIdle<S extends Step>(
  ctx: Ctx,
  thing: Exclude<Living, { kind: 'offer' }>,
  next: Promise<S | null>,
): Promise<S | Idle | null> {
  return (await next) ?? ((await lives(ctx.db.pool, thing)) ? 'idle' : null)
}
