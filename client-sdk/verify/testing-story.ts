import { canonical, type Json } from '../contract/canonical.ts'
import { checkpointBytes } from '../contract/checkpoint-bytes.ts'
import type { ActorKey } from '../contract/ids.ts'
import { attested, History, propose } from './testing-history.ts'
import { keyFrom, type Parts, partsOf, rechained, sealed, signed, told } from './testing-lines.ts'
import { randomFrom } from './testing-random.ts'
import { verifyProof } from './verify-proof.ts'

export const random = randomFrom(6)
export const hub = keyFrom(random, '2026-01-01T00:00:00.000Z')
export const stranger = keyFrom(random, '2026-01-01T00:00:00.000Z')

/** The seqs of what `story` tells. */
export const at = { submitted: 2, proposed: 3, edited: 9, hidden: 10, deleted: 11, accepted: 12, erased: 14, last: 15 } as const
/** A short deal with everything that can be wrong in a proof. */
function story(): History {
  const history = new History(random, hub)
  const { creator, owner, viewer } = history.members
  history.tell(owner, 'room.created', { kind: 'application' }, { title: 'A room' })
  history.tell(
    creator,
    'application.submitted',
    { applicationId: random.uuid<string>(), campaignId: random.uuid<string>() },
    { cover: 'Me!' },
  )
  propose(history, random, 'creator')
  for (const role of ['owner', 'manager', 'viewer', 'creator'] as const)
    history.tell(history.members[role], 'room.memberAdded', { member: history.members[role], role }, { name: role })
  history.tell(creator, 'chat.messageSent', null, { text: 'Hello' }) // 8
  history.tell(creator, 'chat.messageEdited', { message: 8 }, { text: 'Hello all' })
  history.tell(viewer, 'chat.messageSent', null, { text: 'No' })
  history.tell(viewer, 'chat.messageDeleted', { message: at.hidden })
  history.hide([at.hidden], 'withheld')
  history.checkpoint()
  accept(history, owner)
  history.tell(owner, 'application.statusChanged', { move: 'accept', from: 'submitted', to: 'agreed', version: 2 }, { reason: null })
  history.tell(creator, 'log.erased', { seqs: [at.edited], reason: 'personRequest' })
  history.hide([at.edited], 'erased')
  history.tell(creator, 'chat.messageSent', null, { text: 'Bye' })
  history.checkpoint()
  return history
}
function accept(
  history: History,
  member: ActorKey,
  said: { offer?: number; hash?: string; by?: 'brand' | 'creator' } = {},
  key = hub,
): number {
  const open = history.deal!.offers.at(-1)!
  const its = { offer: open.offer, hash: open.hash, by: 'brand' as const, ...said }
  return history.tell(member, 'offer.accepted', { ...its, attestation: attested(history, random, { ...its, member }, key) })
}
const fromHub = ({ room, now, keys, entries, checkpoints, deal }: History): Uint8Array =>
  sealed({ room, at: now, keys: keys.map(({ jwk }) => jwk), entries, checkpoints, deal }, hub)

export const proof = fromHub(story())
export const parts = (): Parts => partsOf(proof)
export const linesOf = (bytes: Uint8Array) => Buffer.from(bytes).toString().trimEnd().split('\n')
export const lastLine = linesOf(proof).length
export const check = (bytes: Uint8Array, pinned = [hub.jwk.kid], seen: { seq: number; hash: string }[] = []) =>
  verifyProof([bytes], { pinned, seen })

type Change = (parts: Parts) => void
/** As a hub would seal it that has changed its log so. */
export function byHub(change: Change, { rehash = true, restate = true, reswear = true } = {}): Uint8Array {
  const its = parts()
  change(its)
  if (rehash) its.entries = rechained(its.room, its.entries)
  if (restate) its.deal = told(its.room, its.entries)
  if (reswear)
    its.checkpoints = its.checkpoints.map((one) => {
      const unsigned = { ...one, hash: its.entries[one.seq - 1]?.hash ?? one.hash }
      return { ...unsigned, signature: signed(hub, checkpointBytes(unsigned)) }
    })
  return sealed(its, hub)
}
export const entry =
  (seq: number, change: object): Change =>
  (its) => {
    its.entries[seq - 1] = { ...its.entries[seq - 1]!, ...change }
  }
export const dealPart =
  (seq: number, change: object): Change =>
  (its) => {
    const before = its.entries[seq - 1]!
    its.entries[seq - 1] = { ...before, deal: canonical({ ...JSON.parse(before.deal!), ...change } as Json) }
  }
/** The story, but for how the offer is accepted. */
function accepted(by: (history: History) => number): { bytes: Uint8Array; seq: number } {
  const history = new History(random, hub)
  const { members } = history
  history.tell(members.creator, 'application.submitted', { applicationId: random.uuid<string>() }, null)
  propose(history, random, 'creator')
  for (const role of ['owner', 'viewer', 'creator'] as const)
    history.tell(members[role], 'room.memberAdded', { member: members[role], role }, { name: role })
  const seq = by(history)
  return { bytes: fromHub(history), seq }
}
export const file = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''))
export const withLine = (line: number, change: (text: string) => string) =>
  file(linesOf(proof).with(line - 1, change(linesOf(proof)[line - 1]!)))

/** Acceptances that are none, and one to each: what is wrong with it. */
export const acceptances = {
  'nothing was open': accepted((history) => {
    const { creator, owner } = history.members
    history.tell(creator, 'offer.withdrawn', { offer: 1, by: 'creator' }, { reason: null })
    return accept(history, owner)
  }),
  'the deal was declined': accepted((history) => {
    history.tell(
      history.members.owner,
      'application.statusChanged',
      { move: 'decline', from: 'submitted', to: 'declined', version: 2 },
      null,
    )
    return accept(history, history.members.owner)
  }),
  'other terms': accepted((history) => accept(history, history.members.owner, { hash: '0'.repeat(64) })),
  'another version': accepted((history) => accept(history, history.members.owner, { offer: 2 })),
  'by its own side': accepted((history) => accept(history, history.members.creator, { by: 'creator' })),
  'for the other side': accepted((history) => accept(history, history.members.creator, { by: 'brand' })),
  'by a viewer': accepted((history) => accept(history, history.members.viewer)),
  'by nobody of the room': accepted((history) => accept(history, history.members.manager)),
  'by somebody who was removed': accepted((history) => {
    history.tell(history.members.owner, 'room.memberRemoved', { member: history.members.owner, role: 'owner' }, null)
    return accept(history, history.members.owner)
  }),
  'by a viewer who was an owner': accepted((history) => {
    history.tell(history.members.owner, 'room.roleChanged', { member: history.members.owner, role: 'viewer' }, null)
    return accept(history, history.members.owner)
  }),
  'attested by a stranger': accepted((history) => accept(history, history.members.owner, {}, stranger)),
}
