import { z } from 'zod'
import { Instant, Seq } from '../define.ts'
import { UserId } from '../ids.ts'

/**
 * What was done to the platform as a whole, as its stream has it. `type`: the event's, and `about` its `deal`. `by`: who did it, where
 * the event says so and their name is not erased; `reason` likewise.
 */
export const AuditEntry = z.object({
  seq: Seq,
  at: Instant,
  type: z.string(),
  about: z.record(z.string(), z.unknown()),
  by: z.object({ userId: UserId, name: z.string() }).nullable(),
  reason: z.string().nullable(),
})
export type AuditEntry = z.output<typeof AuditEntry>
