// The verifier takes this, and does without zod. docs/proof.md is the format.
import { canonical } from './canonical.ts'
import { commitment, type Digest, link, unhex } from './chain.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Deal } from './deals/schema.ts'
import type { ActorKey, EventId, RoomId } from './ids.ts'

/** A public key (RFC 8037) that the hub has signed with, and since when. `kid` is its thumbprint (RFC 7638). */
export type ProofKey = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig'; since: string }
/** An event with all that proves it. `erased`, `withheld`: what its personal part committed to, where that is not shown. */
export type ProofEntry = {
  seq: number
  id: EventId
  type: string
  version: number
  actor: ActorKey
  at: string
  deal: string | null
  dealSalt: string | null
  personal: string | null
  personalSalt: string | null
  erased: string | null
  withheld: string | null
  hash: string
}
/** The hub's word for the whole file: Ed25519 over `sealBytes`. `lines`: the number of its own line; `sha256`: of all bytes before that. */
export type Seal = { seq: number; hash: string; lines: number; sha256: string; at: string; keyId: string; signature: string }
/** One line of a proof. */
export type ProofLine =
  | { proof: { version: 1; room: RoomId; at: string; keys: ProofKey[] } }
  | { entry: ProofEntry }
  | { checkpoint: Checkpoint }
  | { deal: Deal | null }
  | { seal: Seal }

const utf8 = new TextEncoder()
/** The bytes under a seal's signature. */
export const sealBytes = ({ room, seq, hash, lines, sha256, at, keyId }: Omit<Seal, 'signature'> & { room: RoomId }): Uint8Array =>
  utf8.encode(`parley/proof/1${canonical({ room, seq, hash, lines, sha256, at, keyId })}`)

const saltOf = (text: string | null): Uint8Array | null => (text === null ? null : unhex(text))
/** C(personal), whether the words are there or not. */
export const personalOf = (d: Digest, { personal, personalSalt, erased, withheld }: ProofEntry): Uint8Array => {
  const hidden = erased ?? withheld
  return hidden === null ? commitment(d, personal, saltOf(personalSalt)) : unhex(hidden)
}
/** The hash that an entry should have. */
export function hashOf(d: Digest, previous: Uint8Array, stream: RoomId, entry: ProofEntry): Uint8Array {
  const { seq, id, type, version, actor, at, deal, dealSalt } = entry
  return link(d, previous, { stream, seq, id, type, version, actor, at }, commitment(d, deal, saltOf(dealSalt)), personalOf(d, entry))
}
