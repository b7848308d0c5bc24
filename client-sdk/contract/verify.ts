import { commitment, type Digest, genesis, hex, link, sameBytes } from './chain.ts'
import { type Checkpoint, checkpointBytes } from './checkpoint.ts'
import type { ActorKey, EventId, StreamId } from './ids.ts'

/** One event with all that proves it. `erased`: what its personal part committed to, once that part is gone. */
export type LogEntry = {
  seq: number
  id: EventId
  type: string
  version: number
  actor: ActorKey
  at: string
  deal: string | null
  dealSalt: Uint8Array | null
  personal: string | null
  personalSalt: Uint8Array | null
  erased: Uint8Array | null
  hash: Uint8Array
}

export type Problem =
  | 'seq.notNext' // a hole, a swap, a double
  | 'hash.differs' // something in it, or before it, was changed
  | 'payload.missing' // erased, and no erasure event names it
  | 'checkpoint.badSignature'
  | 'checkpoint.differs' // a consistent log, and another one than was sworn to
  | 'tail.cut' // a checkpoint reaches beyond the last entry
export type Verdict = { ok: true; seq: number; hash: string } | { ok: false; seq: number; problem: Problem }

/** True if the signature over these bytes was made with the key of this id; false for an unknown key. */
export type VerifySignature = (keyId: string, bytes: Uint8Array, signature: string) => boolean | Promise<boolean>

/**
 * Checks a whole stream from its first event on: order, hashes, erasures, and every checkpoint given. A chain alone is
 * no evidence, since whoever holds it can recompute it: only checkpoints kept elsewhere find that. Names the first bad seq.
 * Memory grows with the number of erased payloads and of checkpoints, not of events.
 */
export async function verifyStream(
  d: Digest,
  stream: StreamId,
  entries: Iterable<LogEntry> | AsyncIterable<LogEntry>,
  checkpoints: readonly Checkpoint[],
  verifySignature: VerifySignature,
): Promise<Verdict> {
  const fail = (seq: number, problem: Problem): Verdict => ({ ok: false, seq, problem })
  const sworn = new Map<number, string>()
  for (const checkpoint of checkpoints) {
    const signed = await verifySignature(checkpoint.keyId, checkpointBytes(checkpoint), checkpoint.signature)
    if (checkpoint.stream !== stream || !signed) return fail(checkpoint.seq, 'checkpoint.badSignature')
    if ((sworn.get(checkpoint.seq) ?? checkpoint.hash) !== checkpoint.hash) return fail(checkpoint.seq, 'checkpoint.differs')
    sworn.set(checkpoint.seq, checkpoint.hash)
  }

  let seq = 0
  let hash = genesis(d, stream)
  const missing = new Set<number>()
  if (sworn.has(0) && sworn.get(0) !== hex(hash)) return fail(0, 'checkpoint.differs')
  for await (const entry of entries) {
    if (entry.seq !== seq + 1) return fail(seq + 1, 'seq.notNext')
    seq = entry.seq
    const { id, type, version, actor, at } = entry
    const personal = entry.erased ?? commitment(d, entry.personal, entry.personalSalt)
    const deal = commitment(d, entry.deal, entry.dealSalt)
    hash = link(d, hash, { stream, seq, id, type, version, actor, at }, deal, personal)
    if (!sameBytes(hash, entry.hash) || (entry.erased && entry.personal !== null)) return fail(seq, 'hash.differs')
    if (sworn.has(seq) && sworn.get(seq) !== hex(hash)) return fail(seq, 'checkpoint.differs')
    if (entry.erased) missing.add(seq)
    if (type === 'log.erased') for (const named of erasedSeqs(entry)) missing.delete(named)
  }
  const unnamed = Math.min(...missing)
  if (missing.size > 0) return fail(unnamed, 'payload.missing')
  const beyond = Math.max(0, ...sworn.keys())
  return beyond > seq ? fail(seq + 1, 'tail.cut') : { ok: true, seq, hash: hex(hash) }
}

/** The deal part of an erasure is checked by its hash before this reads it. An erasure names only what came before. */
function erasedSeqs({ deal, seq }: LogEntry): number[] {
  const { seqs } = JSON.parse(deal ?? '{"seqs":[]}') as { seqs: number[] }
  return seqs.filter((named) => named < seq)
}
