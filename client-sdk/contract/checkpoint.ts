import { z } from 'zod'
import { Instant } from './define.ts'
import type { StreamId } from './ids.ts'

export { checkpointBytes } from './checkpoint-bytes.ts'

/** What the hub swears to: at this time, this stream had this hash at this seq. Ed25519 over `checkpointBytes`. */
export const Checkpoint = z.object({
  stream: z.uuid().transform((id) => id as StreamId),
  seq: z.int().nonnegative(),
  /** 64 hexadecimal digits. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: Instant,
  keyId: z.string(),
  /** base64url without padding. */
  signature: z.string(),
})
export type Checkpoint = z.output<typeof Checkpoint>
