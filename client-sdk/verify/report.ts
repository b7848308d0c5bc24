import type { Deal } from '../contract/deals/schema.ts'
import type { Erased, Hidden, Withheld } from '../contract/hidden.ts'
import type { Offer } from '../contract/offers/schema.ts'
import type { Seal } from '../contract/proof.ts'
import type { Names } from './names.ts'
import type { Head } from './shape.ts'

/**
 * An agreement: which version of the terms, who proposed it, who accepted it, and what the hub attests of that. `name`: that the member
 * was shown with; null once it is erased.
 */
export type Agreed = Pick<Offer, 'offer' | 'terms' | 'hash' | 'by' | 'member' | 'seq' | 'at'> & {
  name: string | null
  accepted: NonNullable<Offer['acceptance']> & { name: string | null }
}
/** What is proved. `agreed`: each version that both sides have agreed to, the first first; `binding`: the one that counts. */
export type Report = {
  ok: true
  room: string
  seq: number
  hash: string
  sealed: { at: string; keyId: string }
  entries: number
  checkpoints: number
  deal: (Pick<Deal, 'applicationId' | 'state' | 'version' | 'binding'> & { agreed: Agreed[] }) | null
  erased: Erased[]
  withheld: Withheld[]
}

type Parts = { head: Head; seal: Seal; checkpoints: number; deal: Deal | null; hidden: Hidden; names: Names }
export const reportOf = ({ head, seal, checkpoints, deal, hidden, names }: Parts): Report => ({
  ok: true,
  room: head.room,
  seq: seal.seq,
  hash: seal.hash,
  sealed: { at: seal.at, keyId: seal.keyId },
  entries: seal.seq,
  checkpoints,
  deal: deal && brief(deal, names),
  erased: hidden.erased,
  withheld: hidden.withheld,
})

const brief = ({ applicationId, state, version, binding, offers }: Deal, names: Names): Report['deal'] => ({
  applicationId,
  state,
  version,
  binding,
  agreed: offers.flatMap(({ offer, terms, hash, by, member, seq, at, acceptance }) =>
    acceptance
      ? [
          {
            offer,
            terms,
            hash,
            by,
            member,
            name: names.of(member),
            seq,
            at,
            accepted: { ...acceptance, name: names.of(acceptance.member) },
          },
        ]
      : [],
  ),
})
