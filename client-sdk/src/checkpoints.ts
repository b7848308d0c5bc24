import type { Checkpoint } from '../contract/checkpoint.ts'
import { checkpointBytes } from '../contract/checkpoint-bytes.ts'
import { ParleyError } from '../contract/errors.ts'
import type { Joined } from '../contract/rooms/schema.ts'
import type { OnError } from './listeners.ts'
import { isCheckpoint, isKeys, malformed } from './shapes.ts'
import type { ClientStorage } from './storage.ts'

/** An Ed25519 key as a JWK (RFC 8037). `kid` is the checkpoints' `keyId`. */
export type CheckpointKey = { kty: string; crv?: string; x?: string; kid?: string }
export type CheckpointOptions = {
  storage: ClientStorage
  /** The hub's keys, as its well-known address has them; with `reload`, past every cache on the way. */
  fetchKeys: (cache?: 'reload') => Promise<unknown>
  /** Known from elsewhere, so the hub is not asked: the only ones that a hub cannot make up. */
  pinned: readonly CheckpointKey[] | undefined
  onError: OnError
}

/** The last checkpoint seen of each room, and whether a room still has the past that it had then. */
export class Checkpoints {
  readonly #options: CheckpointOptions
  #keys: readonly CheckpointKey[]

  constructor(options: CheckpointOptions) {
    this.#options = options
    this.#keys = options.pinned ?? []
  }

  /** What is no checkpoint of this room is none: a storage that went bad accuses nobody. */
  async known(roomId: string): Promise<Checkpoint | null> {
    try {
      const kept = await this.#options.storage.get(keyOf(roomId))
      if (!kept) return null
      const checkpoint: unknown = JSON.parse(kept)
      if (isCheckpoint(checkpoint) && checkpoint.stream === roomId) return checkpoint
      throw new TypeError('What was stored as a checkpoint is none')
    } catch (error) {
      this.#options.onError(error)
      return null
    }
  }

  /**
   * Rejects with `log.forked` where the room's past is not the one of `known`, or its new checkpoint is no good. Only a
   * good one is remembered, and never one of a lower seq in place of a higher.
   */
  async judge(roomId: string, known: Checkpoint | null, { checkpoint, pastHash }: Pick<Joined, 'checkpoint' | 'pastHash'>): Promise<void> {
    if (known && pastHash !== known.hash) throw forked('The room has another past than the one seen before')
    if (!checkpoint) return
    if (checkpoint.stream !== roomId) throw forked('The checkpoint is of another room')
    if (known?.seq === checkpoint.seq && known.hash !== checkpoint.hash) throw forked('Two checkpoints contradict each other')
    const verdict = await this.#verify(checkpoint)
    if (verdict === 'bad') throw forked("The checkpoint's signature is wrong")
    if (verdict === 'good' && checkpoint.seq > (known?.seq ?? -1)) await this.#remember(roomId, checkpoint)
  }

  async #remember(roomId: string, checkpoint: Checkpoint): Promise<void> {
    try {
      await this.#options.storage.set(keyOf(roomId), JSON.stringify(checkpoint))
    } catch (error) {
      this.#options.onError(error)
    }
  }

  /** `unknown`: the keys are out of reach, or this platform has no Ed25519. That accuses nobody, and is reported. */
  async #verify(checkpoint: Checkpoint): Promise<'good' | 'bad' | 'unknown'> {
    try {
      const jwk = await this.#keyFor(checkpoint.keyId)
      if (!jwk) return 'bad'
      const { kty, crv, x } = jwk
      const key = await crypto.subtle.importKey('jwk', { kty, crv: crv ?? '', x: x ?? '' }, { name: 'Ed25519' }, false, ['verify'])
      const signature = fromBase64url(checkpoint.signature)
      if (!signature) return 'bad'
      const good = await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, Uint8Array.from(checkpointBytes(checkpoint)))
      return good ? 'good' : 'bad'
    } catch (error) {
      if (!this.#options.pinned) this.#keys = [] // asked for anew next time: it may be they that are no good
      this.#options.onError(error)
      return 'unknown'
    }
  }

  /** A key not seen before is looked up past the caches before it is judged: keys are rotated. */
  async #keyFor(keyId: string): Promise<CheckpointKey | undefined> {
    const among = (keys: readonly CheckpointKey[]) => keys.find(({ kid }) => kid === keyId)
    const known = among(this.#keys)
    if (this.#options.pinned || known) return known
    const first = this.#keys.length === 0 ? among(await this.#lookUp()) : undefined
    return first ?? among(await this.#lookUp('reload'))
  }

  async #lookUp(cache?: 'reload'): Promise<readonly CheckpointKey[]> {
    const found = await this.#options.fetchKeys(cache)
    if (!isKeys(found)) throw malformed('list of checkpoint keys')
    this.#keys = found.keys
    return found.keys
  }
}

const keyOf = (roomId: string): string => `checkpoint/${roomId}`
const forked = (message: string): ParleyError => new ParleyError('log.forked', message)

function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
  } catch {
    return null
  }
}
