import { z } from 'zod'
import { canonical, type Json } from './canonical.ts'
import { Instant } from './define.ts'
import type { StreamId } from './ids.ts'

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

const utf8 = new TextEncoder()
/** The bytes under a checkpoint's signature. */
export const checkpointBytes = ({ stream, seq, hash, at, keyId }: Omit<Checkpoint, 'signature'>): Uint8Array =>
  utf8.encode(`parley/checkpoint/1${canonical({ stream, seq, hash, at, keyId } as Json)}`)
