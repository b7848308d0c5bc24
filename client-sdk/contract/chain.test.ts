import { createPrivateKey, createPublicKey, type JsonWebKey, sign, verify } from 'node:crypto'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { digest as nodes } from '../../persistence/digest.ts'
import { digest as sdk } from '../src/digest.ts'
import { commitment, type Digest, eventId, genesis, type Header, hex, link, sameBytes, unhex } from './chain.ts'
import { Checkpoint, checkpointBytes } from './checkpoint.ts'
import type { ActorKey, CommandId, StreamId } from './ids.ts'
import vectors from './vectors.json' with { type: 'json' }
import { type LogEntry, verifyStream } from './verify.ts'

const salted = (salt: string | null) => (salt === null ? null : unhex(salt))
/** As a verifier in a browser would have it; the SDK itself needs no more than the first. */
const nobles: Digest = { ...sdk, sha256, hmacSha256: (key, bytes) => hmac(sha256, key, bytes) }
const digests = { 'node:crypto': nodes, '@noble/hashes': nobles }
const { publicKey, privateKeyPem, bytes, ...checkpoint } = vectors.checkpoint
const key = createPublicKey({ key: publicKey as JsonWebKey, format: 'jwk' })
const isSigned = (keyId: string, signed: Uint8Array, signature: string) =>
  keyId === checkpoint.keyId && verify(null, signed, key, Buffer.from(signature, 'base64url'))
const stream = checkpoint.stream as StreamId
const entries = vectors.chain.map(({ header, deal, dealSalt, personal, personalSalt, hash }): LogEntry => {
  const parts = { deal, dealSalt: salted(dealSalt), personal, personalSalt: salted(personalSalt), erased: null }
  return { ...(header as Header), ...parts, hash: unhex(hash) }
})

/** With its personal part erased. */
const gone = (entry: LogEntry): LogEntry => ({
  ...entry,
  personal: null,
  personalSalt: null,
  erased: commitment(nodes, entry.personal, entry.personalSalt),
})

for (const [name, d] of Object.entries(digests)) {
  test.each(vectors.genesis)(`${name}: the hash before the first event of $stream`, ({ stream, hash }) => {
    expect(hex(genesis(d, stream as StreamId))).toBe(hash)
  })

  test.each(vectors.commitments)(`${name}: what $part commits to`, ({ part, salt, commitment: expected }) => {
    expect(hex(commitment(d, part, salted(salt)))).toBe(expected)
  })

  test.each(vectors.eventIds)(`${name}: the id of event $n of a command by $actor`, ({ command, actor, n, id }) => {
    expect(eventId(d, command as CommandId, actor as ActorKey, n)).toBe(id)
  })

  test.each(vectors.chain)(`${name}: the hash of a $header.type`, ({ header, previous, dealCommitment, personalCommitment, ...event }) => {
    const deal = commitment(d, event.deal, salted(event.dealSalt))
    const personal = commitment(d, event.personal, salted(event.personalSalt))
    expect([hex(deal), hex(personal)]).toEqual([dealCommitment, personalCommitment])
    expect(hex(link(d, unhex(previous), header as Header, deal, personal))).toBe(event.hash)
  })

  test(`${name}: the stream of the vectors verifies, and not with a letter changed`, async () => {
    const whole = await verifyStream(d, stream, entries, [Checkpoint.parse(checkpoint)], isSigned)
    expect(whole).toEqual({ ok: true, seq: 4, hash: checkpoint.hash })
    const changed = entries.with(2, { ...entries[2]!, personal: entries[2]!.personal!.replace('one', 'two') })
    expect(await verifyStream(d, stream, changed, [], isSigned)).toEqual({ ok: false, seq: 3, problem: 'hash.differs' })
  })
}

test('the two digests agree on every length around their block', () => {
  for (let length = 0; length < 200; length++) {
    const data = Uint8Array.from({ length }, (_, i) => i ^ length)
    expect(hex(nobles.sha1(data))).toBe(hex(nodes.sha1(data)))
    expect(hex(nobles.sha256(data))).toBe(hex(nodes.sha256(data)))
    expect(hex(nobles.hmacSha256(data, data))).toBe(hex(nodes.hmacSha256(data, data)))
  }
})

test('a checkpoint is signed over these bytes', () => {
  const parsed = Checkpoint.parse(checkpoint)
  expect(hex(checkpointBytes(parsed))).toBe(bytes)
  expect(sign(null, checkpointBytes(parsed), createPrivateKey(privateKeyPem)).toString('base64url')).toBe(checkpoint.signature)
})

// Each named field is under the signature.
test.each([
  ['stream', { stream: vectors.genesis[1]!.stream }],
  ['seq', { seq: 5 }],
  ['hash', { hash: '0'.repeat(64) }],
  ['at', { at: '2026-11-22T00:00:00.002Z' }],
  ['keyId', { keyId: 'other' }],
])('a checkpoint with another %s has a bad signature', async (_name, change) => {
  const changed = Checkpoint.parse({ ...checkpoint, ...change })
  const anyKey = (_id: string, signed: Uint8Array, signature: string) => isSigned(checkpoint.keyId, signed, signature)
  expect(await verifyStream(nodes, stream, entries, [changed], anyKey)).toMatchObject({ ok: false, problem: 'checkpoint.badSignature' })
})

test('two checkpoints that swear to different hashes of one seq are found without the log', async () => {
  const [one, other] = [Checkpoint.parse(checkpoint), Checkpoint.parse({ ...checkpoint, hash: '0'.repeat(64) })]
  for (const both of [
    [one, other],
    [other, one],
  ]) {
    expect(await verifyStream(nodes, stream, entries, both, () => true)).toEqual({ ok: false, seq: 4, problem: 'checkpoint.differs' })
  }
})

test('a missing payload needs an erasure that comes after it', async () => {
  const erased = (at: number) => verifyStream(nodes, stream, entries.with(at, gone(entries[at]!)), [], isSigned)
  expect(await erased(2)).toMatchObject({ ok: true })
  expect(await erased(1)).toEqual({ ok: false, seq: 2, problem: 'payload.missing' })
})

test('an erasure cannot excuse what is missing in itself', async () => {
  const last = { ...entries[3]!, deal: '{"reason":"personRequest","seqs":[4]}', erased: new Uint8Array(32) }
  const { seq, id, type, version, actor, at } = last
  const header = { stream, seq, id, type, version, actor, at }
  const hash = link(nodes, entries[2]!.hash, header, commitment(nodes, last.deal, last.dealSalt), last.erased)
  const log = entries.with(3, { ...last, hash })
  expect(await verifyStream(nodes, stream, log, [], isSigned)).toEqual({ ok: false, seq: 4, problem: 'payload.missing' })
})

test('hexadecimal is read as it is written, and anything else is refused', () => {
  expect(sameBytes(unhex(hex(Uint8Array.of(0, 1, 254, 255))), Uint8Array.of(0, 1, 254, 255))).toBe(true)
  for (const wrong of ['0', 'zz', '0x00', ' 00']) expect(() => unhex(wrong)).toThrow(TypeError)
})
