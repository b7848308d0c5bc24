import { expect } from 'vitest'
import type { ActorKey, RoomId } from '../../client-sdk/contract/index.ts'
import type { ProofEntry, ProofLine } from '../../client-sdk/contract/proof.ts'
import type { Report } from '../../client-sdk/verify/report.ts'
import { type Fault, verifyProof } from '../../client-sdk/verify/verify-proof.ts'
import { checkpointer, checkpointsOf, type Signer } from '../../persistence/checkpoints.ts'
import { erase } from '../../persistence/erasure.ts'
import { follow } from '../../persistence/followers.ts'
import { headOf } from '../../persistence/proof.ts'
import type { Ctx } from '../ctx.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { exportProof } from './export-proof.ts'

/** A whole proof. */
export async function proofOf(ctx: Ctx, roomId: RoomId, page?: number): Promise<Uint8Array> {
  const pieces: string[] = []
  for await (const piece of exportProof(ctx, roomId, page === undefined ? {} : { page })) pieces.push(piece)
  return Buffer.from(pieces.join(''))
}

export const checked = (proof: Uint8Array, ...signers: readonly Signer[]): Promise<Report | Fault> =>
  verifyProof([proof], { pinned: signers.map(({ jwk }) => jwk.kid) })

export const linesOf = (proof: Uint8Array): ProofLine[] =>
  Buffer.from(proof)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
export const entriesOf = (proof: Uint8Array): ProofEntry[] => linesOf(proof).flatMap((line) => ('entry' in line ? [line.entry] : []))

/** The hub with this key swears to where the room stands. */
export async function swear({ db }: World, signer: Signer, roomId: RoomId): Promise<void> {
  const head = await headOf(db.pool, roomId)
  const signing = follow(db, checkpointer(signer), 20)
  await expect.poll(async () => (await checkpointsOf(db.pool, roomId, 1))[0]?.seq, { timeout: 10_000 }).toBe(head)
  await signing.stop()
}

/** Empties any of a room's events, as for whoever asks for that by law. */
export async function eraseSeqs(w: World, roomId: RoomId, who: TestPerson, seqs: readonly number[]): Promise<number> {
  const actor: ActorKey = await w.keyOf(roomId, who)
  const by = { streamId: roomId, actor, commandId: commandId(), accessVersion: null }
  return (await w.db.orm.em.fork().transactional((em) => erase(em, w.db.log, { ...by, seqs, reason: 'personRequest' }))).seq
}
