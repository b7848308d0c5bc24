import { canonical, type Json } from '../contract/canonical.ts'
import type { ActorKey, EventId } from '../contract/ids.ts'
import type { ProofEntry } from '../contract/proof.ts'
import { keyFrom, type Parts, partsOf, rechained, sealed, signedCheckpoint, type TestKey, told } from './testing-lines.ts'
import { proofOf } from './testing-proofs.ts'
import { randomFrom } from './testing-random.ts'

/** A hub that signs whatever a test wants it to have said; its key is listed and pinned. */
export const ownHub: TestKey = keyFrom(randomFrom(77), '2026-01-01T00:00:00.000Z')

/** A proof in which an offer was accepted and there are two checkpoints, by a hub that is not ours. */
export function goodParts(): Parts {
  for (let seed = 0; ; seed++) {
    const parts = partsOf(proofOf(seed).bytes)
    if (parts.deal?.binding && parts.checkpoints.length > 1 && parts.entries.length < 60) return parts
  }
}

/** The same proof with other parts, all signed anew by our hub; hashes, checkpoints and the deal are right again unless given. */
export function resealed(parts: Parts, given: Partial<Parts> = {}): Uint8Array {
  const { room, at } = parts
  const entries = rechained(room, given.entries ?? parts.entries)
  const checkpoints = parts.checkpoints.flatMap(({ seq, at: then }) =>
    entries[seq - 1] ? [signedCheckpoint(ownHub, entries[seq - 1]!, room, then)] : [],
  )
  const keys = [...parts.keys, ownHub.jwk]
  return sealed({ room, at, keys, checkpoints, deal: parts.deal, ...given, entries }, ownHub)
}

/** One more entry at the end, with a deal that is up to it. */
export function withEntry(parts: Parts, entry: Partial<ProofEntry>): Partial<Parts> {
  const last = parts.entries.at(-1)!
  const blank = { deal: null, dealSalt: null, personal: null, personalSalt: null, erased: null, withheld: null }
  const entries = [...parts.entries, { ...last, ...blank, seq: last.seq + 1, id: ROOMS_NEXT, type: 'something.unknown', ...entry }]
  return { entries, deal: parts.deal && { ...parts.deal, asOf: last.seq + 1 } }
}
const ROOMS_NEXT = '00000000-0000-8000-8000-00000000aaaa' as EventId
export const NOBODY = '00000000-0000-8000-8000-00000000bbbb' as ActorKey
export const SALT = 'ab'.repeat(16)

/** The parts with the last deal part of this type changed, and with the deal as the contract tells it. */
export function withPart(parts: Parts, type: string, change: (part: Record<string, Json>) => Json): Partial<Parts> {
  const at = parts.entries.findLastIndex((entry) => entry.type === type)
  const entry = parts.entries[at]!
  const entries = parts.entries.with(at, { ...entry, deal: canonical(change(JSON.parse(entry.deal!))) })
  return { entries }
}
export const dealOf = (parts: Parts, entries: ProofEntry[]) => told(parts.room, entries)
