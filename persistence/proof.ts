import type { Pool } from 'pg'
import { commitment, hex } from '../client-sdk/contract/chain.ts'
import type { ActorKey, Checkpoint, EventId, RoomId } from '../client-sdk/contract/index.ts'
import type { ProofEntry, ProofKey } from '../client-sdk/contract/proof.ts'
import { CHECKPOINT_COLUMNS, type CheckpointRow, type PublicJwk, toCheckpoint } from './checkpoints.ts'
import { digest } from './digest.ts'
import { EVENT_COLUMNS, type EventRow, instant, TAKEN_BACK } from './log/read.ts'
import { read } from './sql.ts'

/** The seq of a room's last event. */
export async function headOf(pool: Pool, roomId: RoomId): Promise<number> {
  const [row] = await read<{ last_seq: string }>(pool, 'head_of', 'select last_seq from stream where id = $1', [roomId])
  return Number(row?.last_seq ?? 0)
}

/** Which part of a log: the events after one, up to another, so many at most. */
type Stretch = { after: number; upTo: number; limit: number }
type Row = EventRow & { deal_salt: string | null; personal_salt: Buffer | null; erased: string | null; hash: string; taken_back: boolean }

/** A room's events with all that proves them, oldest first. Words that were taken back are withheld. */
export async function proofEntries(pool: Pool, roomId: RoomId, { after, upTo, limit }: Stretch): Promise<ProofEntry[]> {
  const rows = await read<Row>(
    pool,
    'proof_entries',
    `select ${EVENT_COLUMNS}, encode(deal_salt, 'hex') as deal_salt, personal_salt, encode(erased, 'hex') as erased, encode(hash, 'hex') as hash,
            personal is not null and ${TAKEN_BACK} as taken_back
       from event where stream_id = $1 and seq > $2 and seq <= $3 order by event.seq limit $4`,
    [roomId, after, upTo, limit],
  )
  return rows.map(toEntry)
}

function toEntry(row: Row): ProofEntry {
  const { id, type, version, actor_key: actor, at, deal, deal_salt: dealSalt, personal, personal_salt: salt, erased, hash } = row
  const words = row.taken_back
    ? { personal: null, personalSalt: null, withheld: hex(commitment(digest, personal, salt)) }
    : { personal, personalSalt: salt?.toString('hex') ?? null, withheld: null }
  return { seq: Number(row.seq), id: id as EventId, type, version, actor: actor as ActorKey, at, deal, dealSalt, erased, hash, ...words }
}

/** A room's checkpoints by these keys, lowest seq first. Throws where the log has another hash there. */
export async function proofCheckpoints(
  pool: Pool,
  roomId: RoomId,
  { after, upTo, limit }: Stretch,
  keyIds: readonly string[],
): Promise<Checkpoint[]> {
  const rows = await read<CheckpointRow & { agrees: boolean }>(
    pool,
    'proof_checkpoints',
    `select ${CHECKPOINT_COLUMNS}, coalesce(hash = (select hash from event e where e.stream_id = $1 and e.seq = checkpoint.seq), false) as agrees
       from checkpoint where stream_id = $1 and checkpoint.seq > $2 and checkpoint.seq <= $3 and key_id = any($5::text[]) order by checkpoint.seq limit $4`,
    [roomId, after, upTo, limit, keyIds],
  )
  const other = rows.find(({ agrees }) => !agrees)
  if (other) throw new Error(`The log of ${roomId} is not what the hub swore to at ${other.seq}`)
  return rows.map(toCheckpoint)
}

/** Every key that ever signed, oldest first. */
export async function proofKeys(pool: Pool): Promise<ProofKey[]> {
  const rows = await read<{ jwk: string; since: string }>(
    pool,
    'proof_keys',
    `select jwk, ${instant('since')} as since from checkpoint_key order by checkpoint_key.since, id`,
    [],
  )
  return rows.map(({ jwk, since }) => {
    const { kty, crv, x, kid, alg, use } = JSON.parse(jwk) as PublicJwk
    return { kty, crv, x, kid, alg, use, since }
  })
}
