import type { ActorKey } from '../contract/ids.ts'
import type { ProofEntry } from '../contract/proof.ts'

/** The names that members were shown with, as far as the file still has them. What is read here has been checked by its hash. */
export class Names {
  readonly #names = new Map<ActorKey, string>()

  /** `deal`: the entry's deal part, parsed. */
  entry({ type, personal }: ProofEntry, deal: unknown): void {
    if (type !== 'room.memberAdded' || personal === null) return
    const name = nameIn(personal)
    if (name !== null) this.#names.set((deal as { member: ActorKey }).member, name)
  }
  of(member: ActorKey): string | null {
    return this.#names.get(member) ?? null
  }
}

/** Whoever holds the hub's key may have hashed anything. */
function nameIn(personal: string): string | null {
  try {
    const { name } = (JSON.parse(personal) ?? {}) as { name?: unknown }
    return typeof name === 'string' ? name : null
  } catch {
    return null
  }
}
