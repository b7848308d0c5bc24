import { hex } from '../contract/chain.ts'
import { reduceDeal } from '../contract/deals/reduce.ts'
import type { Deal } from '../contract/deals/schema.ts'
import type { Envelope } from '../contract/events.ts'
import type { ActorKey, RoomId } from '../contract/ids.ts'
import { acceptanceBytes, termsBytes } from '../contract/offers/bytes.ts'
import type { Role } from '../contract/roles.ts'
import { partyOf } from '../contract/sides.ts'
import { digest } from './digest.ts'
import type { Check } from './keys.ts'
import type { Problem } from './problems.ts'

/** Tells a deal again from its events, and checks what each proposal and each acceptance must keep to. */
export class Replay {
  deal: Deal | null = null
  readonly #check: Check
  readonly #roles = new Map<ActorKey, Role>()

  constructor(check: Check) {
    this.#check = check
  }

  /** What is wrong with this event, whose shape was checked; or null, and it counts. */
  event(event: Envelope): Problem | null {
    const problem = event.type === 'offer.proposed' ? this.#proposed(event) : event.type === 'offer.accepted' ? this.#accepted(event) : null
    if (problem) return problem
    this.#member(event)
    this.deal = reduceDeal(this.deal, event)
    return null
  }

  #proposed({ data: { deal } }: Envelope<'offer.proposed'>): Problem | null {
    const isNext = deal.offer === (this.deal?.offers.length ?? 0) + 1
    return isNext && hex(digest.sha256(termsBytes(deal.terms))) === deal.hash ? null : 'terms.differ'
  }

  #accepted({ roomId: room, actor: member, data }: Envelope<'offer.accepted'>): Problem | null {
    const { offer, by, hash, attestation } = data.deal
    const open = this.deal?.offers.find((one) => one.offer === offer && one.state === 'proposed')
    if (!this.deal || !open) return 'acceptance.notOpen'
    if (open.hash !== hash) return 'acceptance.otherTerms'
    const role = this.#roles.get(member)
    if (open.by === by || !role || partyOf(role) !== by) return 'acceptance.noRight'
    const bytes = acceptanceBytes({ room, application: this.deal.applicationId, offer, hash, by, member, ...attestation })
    return this.#check(attestation.keyId, bytes, attestation.signature) ? null : 'acceptance.badSignature'
  }

  #member(event: Envelope): void {
    if (event.type === 'room.memberAdded' || event.type === 'room.roleChanged')
      this.#roles.set(event.data.deal.member, event.data.deal.role)
    else if (event.type === 'room.memberRemoved') this.#roles.delete(event.data.deal.member)
  }
}

/** An entry as the reducers take it, with nothing free in it. */
export const asEvent = (
  roomId: RoomId,
  { seq, id, type, version, actor, at }: Omit<Envelope, 'roomId' | 'data' | 'type'> & { type: string },
  deal: unknown,
): Envelope => ({ roomId, seq, id, type, version, actor, at, data: { deal, personal: null } }) as Envelope
