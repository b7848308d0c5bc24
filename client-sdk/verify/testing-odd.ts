import type { Parts } from './testing-lines.ts'
import { goodParts, ownHub, resealed, type Told, withEntries } from './testing-own-hub.ts'
import type { Verdict } from './testing-second-verifier.ts'

/** A file that no generator comes upon, and what docs/proof.md says of it. */
export type Odd = { what: string; bytes: Uint8Array; kid: string; says: Partial<Verdict> }

export const parts = goodParts()
export const kid = ownHub.jwk.kid
export const next = parts.entries.length + 1

export const odd = (what: string, says: Odd['says'], given: Partial<Parts> = {}): Odd => ({
  what,
  says,
  kid,
  bytes: resealed(parts, given),
})
/** These entries come last, and the deal that is stated is the one that the contract tells. */
export const told = (what: string, says: Odd['says'], ...entries: Told[]): Odd =>
  odd(what, says, { entries: withEntries(parts, ...entries) })
export const holds: Odd['says'] = { ok: true }
export const wrong = (problem: string, seq: number | null, line = (seq ?? 0) + 1): Odd['says'] => ({
  ok: false,
  problem: problem as never,
  seq,
  line,
})
/** The n-th of these entries is malformed. */
export const malformed = (nth: number): Odd['says'] => wrong('file.malformed', null, next + nth)
