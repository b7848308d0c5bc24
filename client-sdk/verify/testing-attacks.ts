import { canonical, type Json } from '../contract/canonical.ts'
import { hex } from '../contract/chain.ts'
import { checkpointBytes } from '../contract/checkpoint-bytes.ts'
import type { ActorKey, EventId, StreamId } from '../contract/ids.ts'
import { acceptanceBytes, termsBytes } from '../contract/offers/bytes.ts'
import type { Attestation, Terms } from '../contract/offers/schema.ts'
import { type ProofEntry, personalOf } from '../contract/proof.ts'
import { digest } from './digest.ts'
import { keyFrom, type Parts, partsOf, rechained, sealed, signed, type TestKey, told, written } from './testing-lines.ts'
import type { Random } from './testing-random.ts'

/** What somebody would like to have said, done or never done. Null where this log has nothing of the kind. */
type Wish = (
  entries: readonly ProofEntry[],
  random: Random,
  other: readonly ProofEntry[],
  forger: TestKey,
  parts: Parts,
) => ProofEntry[] | null
const having = (entries: readonly ProofEntry[], { pick }: Random, has: (entry: ProofEntry) => boolean): ProofEntry | null =>
  pick(entries.filter(has)) ?? null
const replace = (entries: readonly ProofEntry[], by: ProofEntry): ProofEntry[] => entries.map((one) => (one.seq === by.seq ? by : one))
const renumbered = (entries: readonly ProofEntry[]): ProofEntry[] => entries.map((entry, i) => ({ ...entry, seq: i + 1 }))
const ofType =
  (...types: string[]) =>
  (entry: ProofEntry) =>
    types.includes(entry.type)
/** With another deal part. */
const saying = (entry: ProofEntry, change: (deal: Record<string, unknown>) => object): ProofEntry => {
  const deal = JSON.parse(entry.deal!) as Record<string, unknown>
  return { ...entry, deal: canonical({ ...deal, ...change(deal) } as Json) }
}

const wishes: Record<string, Wish> = {
  'other words': (entries, random) => {
    const entry = having(entries, random, ({ personal }) => personal !== null)
    return entry && replace(entries, { ...entry, personal: entry.personal!.replace(/":"?./, '$&x') })
  },
  'another salt': (entries, random) => {
    const entry = having(entries, random, ({ dealSalt }) => dealSalt !== null)
    return entry && replace(entries, { ...entry, dealSalt: random.hexOf(16) })
  },
  'other terms': (entries, random) => {
    const entry = having(entries, random, ofType('offer.proposed'))
    return (
      entry &&
      replace(
        entries,
        saying(entry, ({ terms }) => ({ terms: dearer(terms as Terms) })),
      )
    )
  },
  'other terms and their hash': (entries, random) => {
    const entry = having(entries, random, ofType('offer.proposed'))
    return (
      entry &&
      replace(
        entries,
        saying(entry, ({ terms }) => ({ terms: dearer(terms as Terms), hash: hashOf(dearer(terms as Terms)) })),
      )
    )
  },
  'other terms, accepted': (entries, random) => {
    const entry = having(entries, random, ofType('offer.proposed'))
    if (!entry) return null
    const { offer, terms } = JSON.parse(entry.deal!) as { offer: number; terms: Terms }
    const hash = hashOf(dearer(terms))
    return entries.map((one) => {
      if (one === entry) return saying(one, () => ({ terms: dearer(terms), hash }))
      return one.type === 'offer.accepted' && JSON.parse(one.deal!).offer === offer ? saying(one, () => ({ hash })) : one
    })
  },
  'an acceptance by the forger’s key': (entries, random, _other, forger, { room }) => {
    const open = told(room, entries)?.offers.find(({ state }) => state === 'proposed')
    const { applicationId: application } = told(room, entries) ?? {}
    if (!open || !application) return null
    const by = open.by === 'brand' ? 'creator' : 'brand'
    const member = memberOf(entries, by === 'brand' ? 'owner' : 'creator')
    if (!member) return null
    const at = entries.at(-1)!.at
    const rests = { kind: 'hub', session: random.uuid(), method: 'password', provedAt: at, at, keyId: forger.jwk.kid } as Omit<
      Attestation,
      'signature'
    >
    const signature = signed(forger, acceptanceBytes({ room, application, offer: open.offer, hash: open.hash, by, member, ...rests }))
    return [
      ...entries,
      made(entries, random, member, 'offer.accepted', { offer: open.offer, by, hash: open.hash, attestation: { ...rests, signature } }),
    ]
  },
  'an acceptance signed for another': (entries, random) => {
    const accepted = having(entries, random, ofType('offer.accepted'))
    const proposed = having(entries, random, ofType('offer.proposed'))
    if (!accepted || !proposed) return null
    const { offer, hash } = JSON.parse(proposed.deal!)
    return replace(
      entries,
      saying(accepted, () => ({ offer, hash })),
    )
  },
  'an acceptance by somebody else': (entries, random) => {
    const accepted = having(entries, random, ofType('offer.accepted'))
    const actor = random.pick(entries).actor
    return accepted && replace(entries, { ...accepted, actor })
  },
  'an acceptance earlier': (entries, random) => {
    const at = entries.findIndex(ofType('offer.accepted'))
    if (at < 1) return null
    const to = random.int(at)
    return renumbered(entries.toSpliced(at, 1).toSpliced(to, 0, entries[at]!))
  },
  'an event left out': (entries, { int }) => renumbered(entries.toSpliced(int(entries.length), 1)),
  'an event left out with a hole': (entries, { int }) => entries.toSpliced(int(entries.length), 1),
  'two events swapped': (entries, { int }) => {
    const [i, j] = [int(entries.length), int(entries.length)]
    return renumbered(entries.with(i, entries[j]!).with(j, entries[i]!))
  },
  'an event twice': (entries, { int }) => {
    const i = int(entries.length)
    return renumbered(entries.toSpliced(i, 0, entries[i]!))
  },
  'another room’s events': (entries, { int }, other) => renumbered(entries.toSpliced(int(entries.length), 2, ...other.slice(0, 3))),
  'another room’s end': (entries, { int }, other) =>
    renumbered([...entries.slice(0, 1 + int(entries.length)), ...other.slice(int(other.length))]),
  'the end cut off': (entries, { int }) => entries.slice(0, int(entries.length)),
  'an event added': (entries, random) => [...entries, made(entries, random, random.pick(entries).actor, 'chat.messageSent', null)],
  'an event of an earlier day': (entries, random) => {
    const entry = random.pick(entries)
    return replace(entries, { ...entry, at: entry.at.replace(/^2026/, '2025') })
  },
  'an event by somebody else': (entries, random) => replace(entries, { ...random.pick(entries), actor: random.uuid() }),
  'an event of another type': (entries, random) => replace(entries, { ...random.pick(entries), type: random.pick(entries).type }),
  'words that seem erased': (entries, random) => hidden(entries, random, 'erased'),
  'words that seem taken back': (entries, random) => hidden(entries, random, 'withheld'),
  'words in place of erased ones': (entries, random) => {
    const entry = having(entries, random, ({ erased, withheld }) => erased !== null || withheld !== null)
    return (
      entry && replace(entries, { ...entry, erased: null, withheld: null, personal: '{"text":"made up"}', personalSalt: random.hexOf(16) })
    )
  },
  'words beside erased ones': (entries, random) => {
    const entry = having(entries, random, ({ erased, withheld }) => erased !== null || withheld !== null)
    return entry && replace(entries, { ...entry, personal: '{"text":"made up"}', personalSalt: random.hexOf(16) })
  },
  'no word of an erasure': (entries, random) => {
    const entry = having(entries, random, ofType('log.erased', 'chat.messageDeleted'))
    return entry && replace(entries, { ...entry, type: 'chat.reacted' })
  },
  'an erasure that names others': (entries, random) => {
    const entry = having(entries, random, ofType('log.erased'))
    return (
      entry &&
      replace(
        entries,
        saying(entry, () => ({ seqs: [1, entry.seq, 999] })),
      )
    )
  },
  'a step of the work that was not taken': (entries, random) => {
    const entry = having(entries, random, ofType('deliverable.statusChanged', 'milestone.statusChanged', 'application.statusChanged'))
    return (
      entry &&
      replace(
        entries,
        saying(entry, () => ({ to: random.pick(['approved', 'confirmed', 'cancelled', 'completed']) })),
      )
    )
  },
  'an unsound deal part': (entries, random) => {
    const entry = having(entries, random, ({ deal }) => deal !== null)
    if (!entry) return null
    const deal = JSON.parse(entry.deal!) as Record<string, Json>
    const name = random.pick(Object.keys(deal))
    if (!name) return null
    const value = random.pick<Json>([null, 1.5, -1, 0, 'x', [], {}, true, [1], { a: 1 }, '__proto__', 2 ** 53])
    const part = random.pick([
      canonical({ ...deal, [name]: value }),
      ` ${entry.deal}`,
      '[]',
      'null',
      '',
      '{"a":1,"a":2}',
      '['.repeat(9_999),
    ])
    return replace(entries, { ...entry, deal: part })
  },
  nothing: (entries) => [...entries],
}

const dearer = (terms: Terms): Terms => ({ ...terms, fee: { ...terms.fee, amount: terms.fee.amount + 1 } })
const hashOf = (terms: Terms): string => hex(digest.sha256(termsBytes(terms)))
const memberOf = (entries: readonly ProofEntry[], role: string): ActorKey | undefined =>
  entries
    .filter(ofType('room.memberAdded'))
    .map(({ deal }) => JSON.parse(deal!))
    .find((its) => its.role === role)?.member
const made = (entries: readonly ProofEntry[], { uuid, hexOf }: Random, actor: ActorKey, type: string, deal: object | null): ProofEntry => {
  const { seq, at } = entries.at(-1)!
  const part = deal === null ? null : canonical(deal as Json)
  const its = { deal: part, dealSalt: part === null ? null : hexOf(16), personal: '{"text":"added"}', personalSalt: hexOf(16) }
  return { seq: seq + 1, id: uuid<EventId>(), type, version: 1, actor, at, ...its, erased: null, withheld: null, hash: '0'.repeat(64) }
}
function hidden(entries: readonly ProofEntry[], random: Random, how: 'erased' | 'withheld'): ProofEntry[] | null {
  const entry = having(entries, random, ({ personal }) => personal !== null)
  return entry && replace(entries, { ...entry, personal: null, personalSalt: null, [how]: hex(personalOf(digest, entry)) })
}

/** How far the forger goes. */
const efforts = [
  'nothing',
  'hashes',
  'own key listed',
  'own key in place',
  'own key alone',
  'no checkpoints',
  'checkpoints left',
  'no statement',
] as const

/** Somebody with all of the file and no key of the hub changes what it says, and recomputes what follows from that. */
export function attack(random: Random, bytes: Uint8Array, otherBytes: Uint8Array): { bytes: Uint8Array; what: string } | null {
  const parts = partsOf(bytes)
  const forger = keyFrom(random, parts.keys[0]!.since)
  const wish = random.pick(Object.keys(wishes))
  const changed = wishes[wish]!(parts.entries, random, partsOf(otherBytes).entries, forger, parts)
  if (!changed || changed.length === 0) return null
  const effort = random.pick(efforts)
  return { bytes: forged(parts, changed, effort, forger, random), what: `${wish}, recomputed: ${effort}` }
}

function forged(parts: Parts, changed: ProofEntry[], effort: (typeof efforts)[number], forger: TestKey, random: Random): Uint8Array {
  if (effort === 'nothing') return written({ ...parts, entries: changed })
  const entries = rechained(parts.room, changed)
  const deal = effort === 'no statement' ? parts.deal : (toldIfSound(parts, entries) ?? parts.deal)
  const hashes = new Map(entries.map(({ seq, hash }) => [seq, hash]))
  const kept = effort === 'no checkpoints' ? [] : parts.checkpoints.filter(({ seq }) => hashes.has(seq))
  const known = kept.map((one) => ({ ...one, hash: hashes.get(one.seq)! }))
  if (effort === 'hashes')
    return sealed({ ...parts, entries, deal, checkpoints: known }, forger, { keyId: parts.seal.keyId, signature: parts.seal.signature })
  const inPlace = effort === 'own key in place'
  const keyId = inPlace ? parts.seal.keyId : forger.jwk.kid
  const keys = inPlace
    ? parts.keys.map((key) => (key.kid === keyId ? { ...key, x: forger.jwk.x } : key))
    : effort === 'own key alone'
      ? [forger.jwk]
      : [...parts.keys, forger.jwk]
  const isLeft = effort === 'checkpoints left'
  const checkpoints = known.map((one, i) => {
    if (isLeft) return kept[i]!
    const unsigned = { ...one, stream: parts.room as StreamId, keyId }
    return random.chance(0.9) ? { ...unsigned, signature: signed(forger, checkpointBytes(unsigned)) } : one
  })
  return sealed({ ...parts, keys, entries, deal, checkpoints }, forger, { keyId })
}

function toldIfSound({ room }: Parts, entries: readonly ProofEntry[]) {
  try {
    return told(room, entries)
  } catch {
    return null
  }
}
