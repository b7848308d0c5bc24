import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { canonical } from '../client-sdk/contract/canonical.ts'
import { type Checkpoint, checkpointBytes, type Envelope, type StreamId } from '../client-sdk/contract/index.ts'
import type { VerifySignature } from '../client-sdk/contract/verify.ts'
import type { Follower } from './followers.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** A public key as the well-known URL shows it (RFC 8037). `kid` is its thumbprint (RFC 7638). */
export type PublicJwk = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' }
export type Signer = { key: KeyObject; jwk: PublicJwk }

/** From an Ed25519 private key in PEM (PKCS #8). Throws on any other. */
export function signerFrom(pem: string): Signer {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('Not an Ed25519 private key in PEM')
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const kid = createHash('sha256')
    .update(canonical({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
  return { key, jwk: { kty: 'OKP', crv: 'Ed25519', x: x!, kid, alg: 'EdDSA', use: 'sig' } }
}

export function signCheckpoint({ key, jwk }: Signer, stream: StreamId, seq: number, hash: string, at: Date): Checkpoint {
  const unsigned = { stream, seq, hash, at: at.toISOString(), keyId: jwk.kid }
  return { ...unsigned, signature: sign(null, checkpointBytes(unsigned), key).toString('base64url') }
}

/** Signs the newest event of every stream in a batch. Polled, an active room gets a checkpoint about every second. */
export const checkpointer = (signer: Signer): Follower => ({
  name: 'checkpoints',
  batch: 2_000,
  async handle(em, events) {
    const heads = new Map(events.map((event: Envelope) => [event.roomId as StreamId, event.seq]))
    const rows = await query<{ stream_id: StreamId; seq: string; hash: Buffer }>(
      em,
      `select e.stream_id, e.seq, e.hash from unnest($1::uuid[], $2::bigint[]) as h (stream_id, seq)
         join lateral (select * from event where event.stream_id = h.stream_id and event.seq = h.seq) e on true`,
      [[...heads.keys()], [...heads.values()]],
    )
    const signed = rows.map((row) => signCheckpoint(signer, row.stream_id, Number(row.seq), row.hash.toString('hex'), new Date()))
    await insert(em, signed)
  },
})

const insert = (em: EntityManager, signed: readonly Checkpoint[]) =>
  query(
    em,
    `insert into checkpoint (stream_id, seq, hash, at, key_id, signature)
     select stream_id, seq, decode(hash, 'hex'), at, key_id, signature
       from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[]) as c (stream_id, seq, hash, at, key_id, signature)
     on conflict do nothing`,
    [
      signed.map((c) => c.stream),
      signed.map((c) => c.seq),
      signed.map((c) => c.hash),
      signed.map((c) => c.at),
      signed.map((c) => c.keyId),
      signed.map((c) => c.signature),
    ],
  )

export type CheckpointRow = { stream: StreamId; seq: string; hash: string; at: string; key_id: string; signature: string }
export const CHECKPOINT_COLUMNS = `stream_id as stream, seq, encode(hash, 'hex') as hash, ${instant('at')} as at, key_id, signature`

/** A stream's checkpoints, newest first. */
export async function checkpointsOf(pool: Pool, streamId: StreamId, limit: number): Promise<Checkpoint[]> {
  const rows = await read<CheckpointRow>(
    pool,
    'checkpoints_of',
    `select ${CHECKPOINT_COLUMNS} from checkpoint where stream_id = $1 order by checkpoint.seq desc limit $2`,
    [streamId, limit],
  )
  return rows.map(toCheckpoint)
}
export const toCheckpoint = ({ stream, seq, hash, at, key_id: keyId, signature }: CheckpointRow): Checkpoint => ({
  stream,
  seq: Number(seq),
  hash,
  at,
  keyId,
  signature,
})

/** Every key that ever signed, oldest first: old checkpoints stay verifiable after a change of keys. */
export async function checkpointKeys(pool: Pool): Promise<PublicJwk[]> {
  const rows = await read<{ jwk: string }>(pool, 'checkpoint_keys', 'select jwk from checkpoint_key order by since, id', [])
  return rows.map(({ jwk }) => JSON.parse(jwk) as PublicJwk)
}

export async function publishKey(pool: Pool, { jwk }: Signer): Promise<void> {
  await pool.query('insert into checkpoint_key (id, jwk) values ($1, $2) on conflict do nothing', [jwk.kid, JSON.stringify(jwk)])
}

/** Checks signatures against these keys alone. */
export function signaturesBy(keys: readonly PublicJwk[]): VerifySignature {
  const known = new Map(keys.map((jwk) => [jwk.kid, createPublicKey({ key: { ...jwk }, format: 'jwk' })]))
  return (keyId, bytes, signature) => {
    const key = known.get(keyId)
    return key !== undefined && verify(null, bytes, key, Buffer.from(signature, 'base64url'))
  }
}
