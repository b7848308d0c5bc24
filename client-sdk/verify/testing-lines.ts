import { createPrivateKey, sign as ed25519, type KeyObject } from 'node:crypto'
import { canonical, type Json } from '../contract/canonical.ts'
import { genesis, hex } from '../contract/chain.ts'
import type { Checkpoint } from '../contract/checkpoint.ts'
import { checkpointBytes } from '../contract/checkpoint-bytes.ts'
import { reduceDeal } from '../contract/deals/reduce.ts'
import type { Deal } from '../contract/deals/schema.ts'
import type { Envelope } from '../contract/events.ts'
import type { RoomId, StreamId } from '../contract/ids.ts'
import { hashOf, type ProofEntry, type ProofKey, type ProofLine, type Seal, sealBytes } from '../contract/proof.ts'
import { digest } from './digest.ts'
import { thumbprint } from './keys.ts'
import type { Random } from './testing-random.ts'

/** A proof taken apart, to be put together again. */
export type Parts = {
  room: RoomId
  at: string
  keys: ProofKey[]
  entries: ProofEntry[]
  checkpoints: Checkpoint[]
  deal: Deal | null
  seal: Seal
}
export type TestKey = { key: KeyObject; jwk: ProofKey }

/** What comes before the 32 bytes of an Ed25519 private key (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
export function keyFrom({ bytes }: Random, since: string): TestKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, bytes(32)]), format: 'der', type: 'pkcs8' })
  const { x } = key.export({ format: 'jwk' }) as { x: string }
  return { key, jwk: { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprint(x), alg: 'EdDSA', use: 'sig', since } }
}
export const signed = ({ key }: TestKey, bytes: Uint8Array): string => ed25519(null, bytes, key).toString('base64url')
export const signedCheckpoint = (by: TestKey, { seq, hash }: ProofEntry, stream: StreamId, at: string): Checkpoint => {
  const unsigned = { stream, seq, hash, at, keyId: by.jwk.kid }
  return { ...unsigned, signature: signed(by, checkpointBytes(unsigned)) }
}

/** The same entries with the hashes that they should have. */
export const rechained = (room: RoomId, entries: readonly ProofEntry[], previous = genesis(digest, room)): ProofEntry[] => {
  let hash = previous
  return entries.map((entry) => {
    hash = hashOf(digest, hash, room, entry)
    return { ...entry, hash: hex(hash) }
  })
}
/** The deal that these entries tell, after those that told of the one before. */
export const told = (room: RoomId, entries: readonly ProofEntry[], before: Deal | null = null): Deal | null =>
  entries.reduce<Deal | null>((deal, { seq, id, type, version, actor, at, deal: part }) => {
    const data = { deal: part === null ? null : JSON.parse(part), personal: null }
    return reduceDeal(deal, { roomId: room, seq, id, type, version, actor, at, data } as unknown as Envelope)
  }, before)

const utf8 = new TextEncoder()
export const lineOf = (line: ProofLine): string => `${canonical(line as unknown as Json)}\n`
const beforeSeal = ({ room, at, keys, entries, checkpoints, deal }: Omit<Parts, 'seal'>): string =>
  [
    { proof: { version: 1 as const, room, at, keys } },
    ...entries.map((entry) => ({ entry })),
    ...checkpoints.map((checkpoint) => ({ checkpoint })),
    { deal },
  ]
    .map(lineOf)
    .join('')
/** The file, with a seal that says what it should say, signed by this key; or with the signature that it had. */
export function sealed(parts: Omit<Parts, 'seal'>, by: TestKey, had?: Partial<Seal>): Uint8Array {
  const before = beforeSeal(parts)
  const { seq, hash } = parts.entries.at(-1) ?? { seq: 0, hash: '0'.repeat(64) }
  const lines = parts.entries.length + parts.checkpoints.length + 3
  const unsigned = { seq, hash, lines, sha256: hex(digest.sha256(utf8.encode(before))), at: parts.at, keyId: by.jwk.kid, ...had }
  const signature = had?.signature ?? signed(by, sealBytes({ room: parts.room, ...unsigned }))
  return utf8.encode(before + lineOf({ seal: { ...unsigned, signature } }))
}
/** The file as these parts are, whether they are right or not. */
export const written = (parts: Parts): Uint8Array => utf8.encode(beforeSeal(parts) + lineOf({ seal: parts.seal }))

/** Of a proof that is well-formed. */
export function partsOf(bytes: Uint8Array): Parts {
  const lines = Buffer.from(bytes).toString().trimEnd().split('\n')
  const all = lines.map((line) => JSON.parse(line) as ProofLine)
  const only = <K extends string>(name: K) => all.flatMap((line) => (name in line ? [(line as Record<K, unknown>)[name]] : []))
  const [head] = only('proof') as { room: RoomId; at: string; keys: ProofKey[] }[]
  const [seal] = only('seal') as Seal[]
  const [deal = null] = only('deal') as (Deal | null)[]
  return { ...head!, entries: only('entry') as ProofEntry[], checkpoints: only('checkpoint') as Checkpoint[], deal, seal: seal! }
}
