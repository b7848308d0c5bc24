import type { RoomId } from '../contract/ids.ts'
import type { ProofKey } from '../contract/proof.ts'
import { thumbprint } from './keys.ts'
import { keyFrom, rechained, sealed, signedCheckpoint } from './testing-lines.ts'
import { holds, kid, next, type Odd, odd, parts, wrong } from './testing-odd.ts'
import { ownHub } from './testing-own-hub.ts'
import { randomFrom } from './testing-random.ts'

/** Keys, checkpoints and seals. */
export function signatures(): Odd[] {
  const entries = rechained(parts.room, parts.entries)
  const last = entries.at(-1)!
  const listed = [...parts.keys, ownHub.jwk]
  const jwk = (bytes: Uint8Array, also: Partial<ProofKey> = {}): ProofKey => {
    const x = Buffer.from(bytes).toString('base64url')
    return { ...ownHub.jwk, x, kid: thumbprint(x), ...also }
  }
  const noPoint = jwk(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 2 : 0)))
  const stranger = keyFrom(randomFrom(5), parts.at)
  const swears = (what: string, problem: string, seq: number, change: object, by = ownHub) => {
    const checkpoint = signedCheckpoint(by, { ...last, ...change }, parts.room, parts.at)
    return odd(what, wrong(problem, seq, next + 1), {
      checkpoints: [{ ...checkpoint, ...('stream' in change && { stream: ID as RoomId }) }],
    })
  }
  const seal = (what: string, problem: string, had: object, keys = listed, by = ownHub): Odd => {
    const bytes = sealed({ ...parts, entries, keys, checkpoints: [] }, by, had)
    return { what, bytes, kid, says: wrong(problem, null, next + 2) }
  }
  const good = sealed({ ...parts, entries, keys: listed, checkpoints: [] }, ownHub)
  const signature = Buffer.from(JSON.parse(Buffer.from(good).toString().trimEnd().split('\n').at(-1)!).seal.signature, 'base64url')
  /** A key that is the neutral point has signed everything, for whoever lets it. */
  const neutral = Buffer.from([1, ...new Uint8Array(63)])
  const small = [jwk(neutral.subarray(0, 32)), jwk(Buffer.alloc(32))].map((key, i) => {
    const had = { keyId: key.kid, signature: neutral.toString('base64url') }
    return { ...seal(`a seal by a key of small order: ${i + 1}`, 'seal.badSignature', had, [...listed, key]), kid: key.kid }
  })
  return [
    odd('a key twice', holds, { keys: [...listed, ownHub.jwk] }),
    odd('a key that is no point', holds, { keys: [...listed, noPoint] }),
    odd('a key under another’s id', wrong('key.differs', null, 1), { keys: [...listed, { ...noPoint, kid }] }),
    swears('a checkpoint beyond the end', 'tail.cut', next, { seq: next }),
    swears('a checkpoint far beyond the end', 'tail.cut', 2 ** 53 - 1, { seq: 2 ** 53 - 1 }),
    swears('a checkpoint of another hash', 'checkpoint.differs', next - 1, { hash: 'e'.repeat(64) }),
    swears('a checkpoint of another room', 'checkpoint.badSignature', next - 1, { stream: ID }),
    swears('a checkpoint by a stranger', 'checkpoint.badSignature', next - 1, {}, stranger),
    seal('a seal of another seq', 'seal.differs', { seq: 1 }),
    seal('a seal of another hash', 'seal.differs', { hash: 'f'.repeat(64) }),
    seal('a seal of other bytes', 'seal.differs', { sha256: 'f'.repeat(64) }),
    seal('a seal of other lines', 'seal.differs', { lines: 1 }),
    seal('a seal of another key’s name', 'key.notPinned', { keyId: stranger.jwk.kid }),
    seal('a seal by who is listed but not pinned', 'key.notPinned', {}, [...listed, stranger.jwk], stranger),
    seal('a seal by who is pinned but not listed', 'seal.badSignature', {}, parts.keys),
    seal('a seal by another in the name of who is pinned', 'seal.badSignature', { keyId: kid }, listed, stranger),
    seal('a seal whose S has the order added', 'seal.badSignature', { signature: plusOrder(signature).toString('base64url') }),
    ...small,
    { ...seal('a seal by what is no point', 'seal.badSignature', { keyId: noPoint.kid }, [...listed, noPoint]), kid: noPoint.kid },
  ]
}
const ID = '00000000-0000-8000-8000-00000000aaaa'

/** The same signature, but for those who do not ask that S be less than the order. */
function plusOrder(signature: Buffer): Buffer {
  const s =
    BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + 2n ** 252n + 27742317777372353535851937790883648493n
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()])
}
