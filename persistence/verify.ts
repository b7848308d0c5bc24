import type { StreamId } from '../client-sdk/contract/index.ts'
import { type Verdict, verifyStream as verify } from '../client-sdk/contract/verify.ts'
import { checkpointKeys, checkpointsOf, type PublicJwk, signaturesBy } from './checkpoints.ts'
import type { Database } from './database.ts'
import { digest } from './digest.ts'
import { proofOf } from './log/read.ts'
import { read } from './sql.ts'

/**
 * Checks a whole stream as it lies in the database: order, hashes, erasures, and its checkpoints. Whoever can write the
 * database can recompute all of it, so an auditor passes `pinned` keys and the checkpoints that were kept elsewhere.
 */
export async function verifyStream(
  db: Database,
  streamId: StreamId,
  { checkpoints = [], pinned }: { checkpoints?: Parameters<typeof verify>[3]; pinned?: readonly PublicJwk[] } = {},
): Promise<Verdict> {
  const own = await checkpointsOf(db.pool, streamId, 100_000)
  const keys = pinned ?? (await checkpointKeys(db.pool))
  const [stream] = await read<{ last_seq: string; hash: string }>(
    db.pool,
    'stream_head',
    `select last_seq, encode(last_hash, 'hex') as hash from stream where id = $1`,
    [streamId],
  )
  if (!stream) return { ok: false, seq: 0, problem: 'tail.cut' }
  const verdict = await verify(digest, streamId, proofOf(db.pool, streamId), [...own, ...checkpoints], signaturesBy(keys))
  // The log may have grown since; it cannot have shrunk.
  if (verdict.ok && verdict.seq < Number(stream.last_seq)) return { ok: false, seq: verdict.seq + 1, problem: 'tail.cut' }
  return verdict
}
