import { begin, History, step } from './testing-history.ts'
import { keyFrom, sealed } from './testing-lines.ts'
import { type Random, randomFrom } from './testing-random.ts'

export { mutate } from './testing-mutations.ts'

/** Somebody talks, takes words back, or has them erased; or the room's people change. */
function talk(history: History, random: Random): void {
  const { members, entries } = history
  const member = random.pick(Object.values(members))
  const said = entries.filter(({ type, personal }) => type === 'chat.messageSent' && personal !== null)
  const message = random.pick(said)?.seq
  const what = random.int(message ? 12 : 3)
  if (what === 3) history.tell(member, 'chat.messageEdited', { message: message! }, { text: history.words() })
  else if (what === 4) history.tell(member, 'chat.reacted', { message: message!, emoji: '👍' })
  else if (what === 5) {
    history.tell(member, 'chat.messageDeleted', { message: message! })
    history.hide([message!, ...editsOf(history, message!)], 'withheld')
  } else if (what === 6) erase(history, random, [message!, ...editsOf(history, message!)])
  else if (what === 7) {
    const free = entries.filter(({ type, personal }) => personal !== null && !type.startsWith('chat.'))
    erase(history, random, [...new Set([random.pick(free), random.pick(free)].flatMap((entry) => entry?.seq ?? []))])
  } else if (what === 8)
    history.tell(members.owner, 'room.roleChanged', { member: members.manager, role: random.pick(['owner', 'manager']) })
  else if (what === 9) history.tell(member, 'something.unknown', { '\u20ac': [1, { a: null }], a: 1.5 }, null)
  else history.tell(member, 'chat.messageSent', random.chance(0.2) && message ? { replyTo: message } : null, { text: history.words() })
}

const editsOf = ({ entries }: History, message: number): number[] =>
  entries.filter(({ type, deal }) => type === 'chat.messageEdited' && JSON.parse(deal!).message === message).map(({ seq }) => seq)

function erase(history: History, random: Random, seqs: readonly number[]): void {
  const unique = seqs.filter((seq) => history.entries[seq - 1]!.personal !== null).sort((a, b) => a - b)
  if (unique.length === 0) return
  history.tell(history.members.owner, 'log.erased', { seqs: unique, reason: random.pick(['personRequest', 'legalOrder']) })
  history.hide(unique, 'erased')
}

/** Histories by the same hub have the same first key. */
const HUBS = 3
/** Made up by a seed: what a hub exports of a room that has seen all kinds of things. `kid`: of the key that sealed it. */
export function proofOf(seed: number): { bytes: Uint8Array; kid: string } {
  const random = randomFrom(seed)
  const hub = keyFrom(randomFrom(1_000_000 + (seed % HUBS)), '2026-01-01T00:00:00.000Z')
  const history = new History(random, hub)
  begin(history, random, !random.chance(0.1))
  const length = 1 + random.int(random.chance(0.1) ? 150 : 40)
  for (let i = 0; i < length; i++) {
    if (random.chance(0.4) || !step(history, random)) talk(history, random)
    if (random.chance(0.15)) history.checkpoint()
    if (random.chance(0.02)) history.rotate()
  }
  const { room, now: at, keys, entries, checkpoints, deal } = history
  const parts = { room, at, keys: keys.map(({ jwk }) => jwk), entries, checkpoints, deal }
  return { bytes: sealed(parts, history.signer), kid: history.signer.jwk.kid }
}
