import { sha1 } from '@noble/hashes/legacy.js'
import type { Digest } from '../contract/chain.ts'

/** The contract's primitive in plain JavaScript: synchronous, in browsers too, also where there is no secure context. */
export const digest: Pick<Digest, 'sha1'> = { sha1 }
