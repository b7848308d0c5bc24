import { sign } from 'node:crypto'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { type ProofKey, sealBytes } from '../../client-sdk/contract/proof.ts'
import { publishKey } from '../../persistence/checkpoints.ts'
import { headOf, proofCheckpoints, proofEntries, proofKeys } from '../../persistence/proof.ts'
import { type Ctx, caller } from '../ctx.ts'
import { limited } from '../limits.ts'
import { authorise } from '../rooms/authorise.ts'
import { Writing } from './writing.ts'

/** Entries that are read at once: usually 5 ms of work, and with the longest terms 4 MB. */
const PAGE = 100
type Options = { page?: number }

/**
 * A room's proof (docs/proof.md), in pieces, for whoever may read the room. Its end is where the log stood when it was asked for. Each
 * piece is given to who may still read, or it throws; so it does where the log is not whole, and then there is no seal.
 */
export async function* exportProof(ctx: Ctx, roomId: RoomId, { page = PAGE }: Options = {}): AsyncGenerator<string, void> {
  await authorise(ctx, 'read', roomId)
  const { userId } = caller(ctx)
  if (!ctx.limits.proofs.take(userId)) throw limited(ctx.limits, 'proofs', userId)
  const head = await headOf(ctx.db.pool, roomId)
  const keys = await listedKeys(ctx)
  const keyIds = keys.map(({ kid }) => kid)
  const writing = new Writing(roomId, keyIds)
  const at = ctx.now().toISOString()
  yield writing.line({ proof: { version: 1, room: roomId, at, keys } })
  yield* entries(ctx, roomId, writing, { head, page })
  yield* checkpoints(ctx, roomId, writing, { page, keyIds })
  const deal = writing.line({ deal: writing.deal })
  await authorise(ctx, 'read', roomId)
  yield deal + sealed(ctx, roomId, writing)
}

/** With the key that signs this, which the hub publishes when it starts. */
async function listedKeys({ db, signer }: Ctx): Promise<ProofKey[]> {
  const keys = await proofKeys(db.pool)
  if (keys.some(({ kid }) => kid === signer.jwk.kid)) return keys
  await publishKey(db.pool, signer)
  return proofKeys(db.pool)
}

/**
 * All entries up to the head. Each page is read as the log is then. Where words were erased or taken back since it was at the head,
 * the entry that says so lies beyond it: then the proof goes on, to where the log is now.
 */
async function* entries(
  ctx: Ctx,
  roomId: RoomId,
  writing: Writing,
  { head, page }: { head: number; page: number },
): AsyncGenerator<string, void> {
  for (let upTo = head; writing.seq < upTo || writing.isShort; ) {
    if (writing.seq === upTo) upTo = await headOf(ctx.db.pool, roomId)
    const read = await proofEntries(ctx.db.pool, roomId, { after: writing.seq, upTo, limit: page })
    if (read.length === 0) throw new Error(`The log of ${roomId} is not whole: nothing follows ${writing.seq}, and it reaches to ${upTo}`)
    await authorise(ctx, 'read', roomId)
    yield read.map((entry) => writing.entry(entry)).join('')
  }
}

type Sworn = { page: number; keyIds: readonly string[] }
async function* checkpoints(ctx: Ctx, roomId: RoomId, writing: Writing, { page, keyIds }: Sworn): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const read = await proofCheckpoints(ctx.db.pool, roomId, { after, upTo: writing.seq, limit: page }, keyIds)
    yield read.map((checkpoint) => writing.line({ checkpoint })).join('')
    if (read.length < page) return
    after = read.at(-1)!.seq
  }
}

function sealed(ctx: Ctx, room: RoomId, writing: Writing): string {
  const { key, jwk } = ctx.signer
  const { seq, hash, sha256, lines } = writing
  const unsigned = { seq, hash, lines: lines + 1, sha256, at: ctx.now().toISOString(), keyId: jwk.kid }
  return writing.line({ seal: { ...unsigned, signature: sign(null, sealBytes({ room, ...unsigned }), key).toString('base64url') } })
}
