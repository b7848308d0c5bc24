import type { Checkpoint } from '../contract/checkpoint.ts'
import type { RoomId } from '../contract/ids.ts'
import type { ProofEntry, ProofKey, Seal } from '../contract/proof.ts'

/** The forms of everything in a proof, as docs/proof.md has them. */
type Form = (value: unknown) => boolean
type Members = Readonly<Record<string, Form>>

const text: Form = (value) => typeof value === 'string'
const like =
  (pattern: RegExp): Form =>
  (value) =>
    typeof value === 'string' && pattern.test(value)
const one =
  (...values: readonly unknown[]): Form =>
  (value) =>
    values.includes(value)
const integer: Form = Number.isSafeInteger
const from =
  (least: number): Form =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least
const orNull =
  (form: Form): Form =>
  (value) =>
    value === null || form(value)
const list =
  (form: Form): Form =>
  (value) =>
    Array.isArray(value) && value.every(form)
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const atLeast =
  (members: Members): Form =>
  (value) =>
    isObject(value) && Object.entries(members).every(([name, form]) => Object.hasOwn(value, name) && form(value[name]))
const exactly = (members: Members): Form => {
  const has = atLeast(members)
  const count = Object.keys(members).length
  return (value) => has(value) && Object.keys(value as object).length === count
}

const hash = like(/^[0-9a-f]{64}$/)
const salt = like(/^[0-9a-f]{32}$/)
const id = like(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const moment = like(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/)
/** base64url without padding, and without a bit that counts for nothing. */
const key = like(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
const signature = like(/^[A-Za-z0-9_-]{85}[AQgw]$/)
const number = from(1)

const proofKey = exactly({ kty: one('OKP'), crv: one('Ed25519'), x: key, kid: key, alg: one('EdDSA'), use: one('sig'), since: moment })
const keys: Form = (value) => list(proofKey)(value) && (value as unknown[]).length > 0
const entryForm = exactly({
  seq: number,
  id,
  type: text,
  version: number,
  actor: id,
  at: moment,
  deal: orNull(text),
  dealSalt: orNull(salt),
  personal: orNull(text),
  personalSalt: orNull(salt),
  erased: orNull(hash),
  withheld: orNull(hash),
  hash,
})
/** A part has a salt, and a salt is of a part. */
const isSalted: Form = (value) => {
  const { deal, dealSalt, personal, personalSalt } = value as ProofEntry
  return (deal === null) === (dealSalt === null) && (personal === null) === (personalSalt === null)
}

/** What a line may be, by the name of its one member. */
const kinds = {
  proof: exactly({ version: one(1), room: id, at: moment, keys }),
  entry: (value: unknown) => entryForm(value) && isSalted(value),
  checkpoint: exactly({ stream: id, seq: number, hash, at: moment, keyId: key, signature }),
  deal: orNull(isObject),
  seal: exactly({ seq: number, hash, lines: number, sha256: hash, at: moment, keyId: key, signature }),
} satisfies Members
export type Head = { version: 1; room: RoomId; at: string; keys: ProofKey[] }
export type Shaped =
  | { kind: 'proof'; its: Head }
  | { kind: 'entry'; its: ProofEntry }
  | { kind: 'checkpoint'; its: Checkpoint }
  | { kind: 'deal'; its: object | null }
  | { kind: 'seal'; its: Seal }

/** What this line is; undefined where it is nothing that a proof has. */
export function shaped(line: unknown): Shaped | undefined {
  if (!isObject(line)) return undefined
  const [kind, ...others] = Object.keys(line)
  if (kind === undefined || others.length > 0 || !Object.hasOwn(kinds, kind)) return undefined
  const its = line[kind]
  return kinds[kind as keyof typeof kinds](its) ? ({ kind, its } as Shaped) : undefined
}

const PIECES_MAX = 100
const piece = atLeast({ platform: text, format: text, count: (n) => from(1)(n) && (n as number) <= PIECES_MAX, due: orNull(text) })
const pieces: Form = (value) =>
  list(piece)(value) && (value as { count: number }[]).reduce((sum, { count }) => sum + count, 0) <= PIECES_MAX
const terms = atLeast({ fee: atLeast({ currency: text }), deliverables: pieces, payments: list(atLeast({ amount: integer, due: text })) })
const side = one('brand', 'creator')
const attestation = exactly({ kind: text, session: id, method: text, provedAt: text, at: text, keyId: key, signature })
const ofOffer = atLeast({ offer: number })
const ofMessage = atLeast({ message: number })
const membership = atLeast({ member: id, role: text })
const dealParts: Members = {
  'application.submitted': atLeast({ applicationId: id }),
  'application.statusChanged': atLeast({ to: text, version: number }),
  'offer.proposed': atLeast({ offer: number, by: side, basedOn: orNull(number), validUntil: orNull(text), terms, hash }),
  'offer.accepted': atLeast({ offer: number, by: side, hash, attestation }),
  'offer.declined': ofOffer,
  'offer.withdrawn': ofOffer,
  'offer.expired': ofOffer,
  'offer.commented': atLeast({ offer: number, term: text, item: orNull(from(0)) }),
  'deliverable.statusChanged': atLeast({ deliverable: number, move: text, to: text }),
  'milestone.statusChanged': atLeast({ milestone: number, to: text }),
  'room.memberAdded': membership,
  'room.roleChanged': membership,
  'room.memberRemoved': atLeast({ member: id }),
  'chat.messageEdited': ofMessage,
  'chat.messageDeleted': ofMessage,
  'log.erased': atLeast({ seqs: list(number), reason: text }),
}
/** Does the deal part of an entry of this type count? */
export const counts = (type: string): boolean => Object.hasOwn(dealParts, type)
/** Is this what the deal part of a type that counts should be? */
export const isDealPart = (type: string, part: unknown): boolean => dealParts[type]!(part)
