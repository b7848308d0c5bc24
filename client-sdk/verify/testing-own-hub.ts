import { canonical, type Json } from '../contract/canonical.ts'
import { hex } from '../contract/chain.ts'
import type { Deal } from '../contract/deals/schema.ts'
import type { ActorKey, EventId } from '../contract/ids.ts'
import { termsBytes } from '../contract/offers/bytes.ts'
import type { Terms } from '../contract/offers/schema.ts'
import type { ProofEntry } from '../contract/proof.ts'
import { digest } from './digest.ts'
import { keyFrom, type Parts, partsOf, rechained, sealed, signed, signedCheckpoint, type TestKey, told } from './testing-lines.ts'
import { proofOf } from './testing-proofs.ts'
import { randomFrom } from './testing-random.ts'

/** A hub that signs whatever a test wants it to have said; its key is listed and pinned. */
export const ownHub: TestKey = keyFrom(randomFrom(77), '2026-01-01T00:00:00.000Z')

/** What some hub exported: an offer was accepted, two checkpoints were signed, and it is short. */
export function goodParts(): Parts {
  for (let seed = 0; ; seed++) {
    const parts = partsOf(proofOf(seed).bytes)
    if (parts.deal?.binding && parts.checkpoints.length > 1 && parts.entries.some(({ type }) => type === 'room.roleChanged')) return parts
  }
}

/** These parts signed by our hub: hashes and checkpoints are made right, and so is the deal unless it is given. */
export function resealed(parts: Parts, given: Partial<Parts> = {}): Uint8Array {
  const { room, at } = parts
  const entries = rechained(room, given.entries ?? parts.entries)
  const signed = parts.checkpoints.flatMap(({ seq, at: then }) => {
    const entry = entries[seq - 1]
    return entry ? [signedCheckpoint(ownHub, entry, room, then)] : []
  })
  return sealed(
    { room, at, keys: [...parts.keys, ownHub.jwk], checkpoints: signed, deal: toldBy(parts, entries), ...given, entries },
    ownHub,
  )
}

/** The deal as the contract tells it, or the one that there was, where the entries are too strange to be told. */
function toldBy({ room, deal }: Parts, entries: readonly ProofEntry[]): Deal | null {
  try {
    const counted = entries.map((entry) => (isCounted(entry.type) ? entry : { ...entry, deal: null }))
    return told(room, counted)
  } catch {
    return deal
  }
}
const isCounted = (type: string): boolean => /^(application|offer|deliverable|milestone|log)\./.test(type)

/** An entry that a test makes up; a part may be any text. */
export type Told = Partial<Omit<ProofEntry, 'seq' | 'type' | 'hash'>> & { type: string; says?: Json }

/** With these entries after those that there are; `says` is the deal part of one. */
export function withEntries({ entries }: Pick<Parts, 'entries'>, ...told: Told[]): ProofEntry[] {
  const { seq: before = 0, at, actor } = entries.at(-1) ?? goodParts().entries[0]!
  const blank = { version: 1, personal: null, personalSalt: null, erased: null, withheld: null, hash: '' }
  const more = told.map(({ says, ...had }, i): ProofEntry => {
    const deal = had.deal ?? (says === undefined ? null : canonical(says))
    const salts = { dealSalt: deal === null ? null : SALT, personalSalt: (had.personal ?? null) === null ? null : SALT }
    return { ...blank, at, actor, id: ID, seq: before + i + 1, ...had, deal, ...salts }
  })
  return [...entries, ...more]
}
const SALT = 'ab'.repeat(16)
const ID = '00000000-0000-8000-8000-00000000aaaa' as EventId

/** With another deal part in the last entry of this type. */
export function withPart({ entries }: Parts, type: string, change: (part: Part) => Json): ProofEntry[] {
  const at = entries.findLastIndex((entry) => entry.type === type)
  const entry = entries[at]!
  return entries.with(at, { ...entry, deal: canonical(change(JSON.parse(entry.deal!))) })
}
export type Part = { [name: string]: Json }

/** Who got this role first. */
export const memberOf = ({ entries }: Parts, role: string): ActorKey =>
  entries.map(({ type, deal }) => (type === 'room.memberAdded' ? JSON.parse(deal!) : {})).find((said) => said.role === role).member

/** The next proposal of these terms, by the brand's owner. */
export function proposal(parts: Parts, terms: Json, had: Part = {}): Told {
  const offer = (parts.deal?.offers.length ?? 0) + 1
  const says = { offer, by: 'brand', basedOn: null, validUntil: null, terms, hash: hashOf(terms), ...had }
  return { type: 'offer.proposed', actor: memberOf(parts, 'owner'), says }
}
const hashOf = (terms: Json): string => hex(digest.sha256(termsBytes(terms as Terms)))

/** The creator's acceptance of what is proposed last, as our hub attests it; `had`: of the deal part, `otherwise`: of what is attested. */
export function acceptance(parts: Parts, terms: Json, had: Part = {}, otherwise: Part = {}, key = ownHub): Told {
  const said = { offer: (parts.deal?.offers.length ?? 0) + 1, by: 'creator', hash: hashOf(terms), ...had } as const
  const member = memberOf(parts, 'creator')
  const { room, at } = parts
  const attestation = { kind: 'hub', session: ID, method: 'password', provedAt: at, at, keyId: key.jwk.kid, ...otherwise }
  const statement = { room, application: parts.deal!.applicationId, member, ...said, ...attestation }
  const signature = signed(key, Buffer.from(`parley/acceptance/1${canonical(statement)}`))
  return { type: 'offer.accepted', actor: member, says: { ...said, attestation: { ...attestation, signature } } }
}
