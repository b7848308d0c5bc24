import { canonical, type Json } from './canonical.ts'
import type { Checkpoint } from './checkpoint.ts'

const utf8 = new TextEncoder()
/** The bytes under a checkpoint's signature. */
export const checkpointBytes = ({ stream, seq, hash, at, keyId }: Omit<Checkpoint, 'signature'>): Uint8Array =>
  utf8.encode(`parley/checkpoint/1${canonical({ stream, seq, hash, at, keyId } as Json)}`)
