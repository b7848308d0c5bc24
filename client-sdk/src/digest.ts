import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Digest } from '../contract/chain.ts'

/** The contract's primitives in plain JavaScript: synchronous, in browsers too, also where there is no secure context. */
export const digest: Digest = { sha1, sha256, hmacSha256: (key, bytes) => hmac(sha256, key, bytes) }
