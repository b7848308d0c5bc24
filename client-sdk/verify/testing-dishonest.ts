import { canonical, type Json } from '../contract/canonical.ts'
import { hex } from '../contract/chain.ts'
import { acceptanceBytes, termsBytes } from '../contract/offers/bytes.ts'
import type { ProofEntry } from '../contract/proof.ts'
import { digest } from './digest.ts'
import { type Parts, partsOf, signed } from './testing-lines.ts'
import { ownHub, type Part, resealed } from './testing-own-hub.ts'
import { type Random, randomFrom } from './testing-random.ts'

/**
 * A proof by a hub that lies: entries are changed, moved, left out and made up, and everything is hashed and signed again by a key that is
 * pinned. No signature helps against it, so what a verifier says comes from the rules alone, and often from the last ones.
 */
export function dishonest(seed: number, bytes: Uint8Array, other: { bytes: Uint8Array }): { bytes: Uint8Array; kid: string; what: string } {
  const random = randomFrom(seed ^ 0x11e5)
  const parts = partsOf(bytes)
  const others = partsOf(other.bytes).entries
  const what: string[] = []
  // What is missing would be found before the deal is.
  let entries = random.chance(0.2) ? parts.entries : parts.entries.map((entry) => ({ ...entry, erased: null, withheld: null }))
  for (let i = 1 + random.int(3); i > 0; i--) {
    const lie = random.pick(Object.keys(lies))
    entries = lies[lie]!(random, entries, others)
    what.push(lie)
  }
  if (random.chance(0.9)) entries = entries.map((entry, i) => ({ ...entry, seq: i + 1 }))
  if (random.chance(0.9)) entries = entries.map((entry) => attestedAgain(entry, parts))
  const given = random.chance(0.1) ? { entries, deal: parts.deal } : { entries }
  return { bytes: resealed(parts, given), kid: ownHub.jwk.kid, what: what.join(', ') }
}

type Lie = (random: Random, entries: ProofEntry[], others: ProofEntry[]) => ProofEntry[]
const lies: Record<string, Lie> = {
  'a value is another': ({ int, ...random }, entries) => {
    const counted = entries.flatMap(({ type, deal }, i) =>
      deal !== null && !type.startsWith('chat.') && !type.startsWith('something.') ? [i] : [],
    )
    const at = random.pick(counted)
    if (at === undefined) return entries
    return entries.with(at, { ...entries[at]!, deal: canonical(changed({ int, ...random }, JSON.parse(entries[at]!.deal!))) })
  },
  'an entry is left out': ({ int }, entries) => entries.toSpliced(1 + int(entries.length), 1),
  'an entry comes twice': ({ int }, entries) => entries.toSpliced(int(entries.length), 0, entries[int(entries.length)]!),
  'an entry moves': ({ int }, entries) => {
    const at = int(entries.length)
    return entries.toSpliced(at, 1).toSpliced(int(entries.length), 0, entries[at]!)
  },
  'somebody else acts': ({ int, pick }, entries) => {
    const at = int(entries.length)
    return entries.with(at, { ...entries[at]!, actor: pick(entries).actor })
  },
  'it is of another type': ({ int, pick }, entries) => {
    const at = int(entries.length)
    return entries.with(at, { ...entries[at]!, type: pick(entries).type })
  },
  'words are back or gone': ({ int, hexOf, pick }, entries) => {
    const at = int(entries.length)
    const none = { personal: null, personalSalt: null, erased: null, withheld: null }
    return entries.with(at, { ...entries[at]!, ...pick([none, { ...none, erased: hexOf(32) }, { ...none, withheld: hexOf(32) }]) })
  },
  'another room’s entry is there': ({ int, pick }, entries, others) => entries.toSpliced(int(entries.length), 0, pick(others)),
}

/** One value somewhere in it is changed. */
function changed(random: Random, value: Json): Json {
  if (Array.isArray(value) && value.length > 0) {
    const at = random.int(value.length)
    return random.chance(0.2) ? value.toSpliced(at, 1) : value.with(at, changed(random, value[at]))
  }
  if (value !== null && typeof value === 'object' && Object.keys(value).length > 0) {
    const name = random.pick(Object.keys(value))
    return { ...value, [name]: changed(random, (value as Part)[name]!) }
  }
  if (typeof value === 'number') return value + random.pick([-1, 1, 1, 2])
  return random.pick([
    'brand',
    'creator',
    'owner',
    'approved',
    'cancelled',
    'completed',
    'due',
    'submit',
    'requestRevision',
    'x',
    1,
    2,
    null,
    true,
  ])
}

/** With the hash of its terms, and with a signature of our own. */
function attestedAgain(entry: ProofEntry, { room, deal }: Parts): ProofEntry {
  const part = entry.deal === null || !entry.type.startsWith('offer.') ? null : JSON.parse(entry.deal)
  if (entry.type === 'offer.proposed' && part?.terms && typeof part.terms === 'object')
    part.hash = hex(digest.sha256(termsBytes(part.terms)))
  if (entry.type === 'offer.accepted' && part?.attestation && deal) {
    const attestation = { ...part.attestation, keyId: ownHub.jwk.kid }
    const bytes = acceptanceBytes({ ...attestation, ...part, room, application: deal.applicationId, member: entry.actor })
    part.attestation = { ...attestation, signature: signed(ownHub, bytes) }
  }
  return part === null ? entry : { ...entry, deal: canonical(part) }
}
