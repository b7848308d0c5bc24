import {
  isOpenPhase,
  isOver,
  type KitName,
  type Model,
  type Order,
  openVersion,
  type Phase,
  type Piece,
  pact,
  type Side,
  type Teller,
} from './testing-model.ts'

// What follows from an order that is allowed. Each changes the model that it is given.

type Person = Exclude<Teller, 'system'>

/** Its seq. */
export function tell(m: Model, who: Teller, what: string): number {
  m.log.push(`${who} ${what}`)
  return m.base + m.log.length
}
export function expireOpen(m: Model): void {
  end(m, 'expired', tell(m, 'system', 'offer.expired'))
}
function end(m: Model, fate: 'accepted' | 'countered' | 'declined' | 'withdrawn' | 'expired', seq: number): void {
  const open = openVersion(m)
  if (open) Object.assign(open, { fate, died: seq })
  m.isPast = false
}
export function sayWhatRanOut(m: Model): void {
  if (m.isPast) expireOpen(m)
}
export function cancel(m: Model): void {
  sayWhatRanOut(m)
  become(m, 'system', 'cancelled')
}
export function become(m: Model, who: Teller, phase: Phase): void {
  m.phase = phase
  m.changes++
  const seq = tell(m, who, 'application.statusChanged')
  if (!isOver(m)) return
  m.asking = null
  end(m, 'expired', seq)
}

export function put(
  m: Model,
  who: Person,
  { side, kit, nonce, until }: { side: Side; kit: KitName; nonce: string; until: number | null },
): void {
  sayWhatRanOut(m)
  const born = tell(m, who, 'offer.proposed')
  end(m, 'countered', born)
  m.versions.push({ by: side, kit, nonce, basis: m.pacts.at(-1) ?? null, until, fate: 'open', born, died: null })
  if (m.phase === 'submitted' || m.phase === 'shortlisted') become(m, who, 'negotiating')
}
export function shut(m: Model, who: Person, fate: 'declined' | 'withdrawn'): void {
  end(m, fate, tell(m, who, `offer.${fate}`))
}
export function agree(m: Model, who: Person, version: number): void {
  end(m, 'accepted', tell(m, who, 'offer.accepted'))
  m.pacts.push(version)
  const kit = pact(m)!
  const old = m.pieces
  const left = furthest(old, (what) => kit.pieces.filter(([wanted]) => wanted === what).length)
  const dropped = old.filter((piece) => !left.includes(piece))
  const fresh: Piece[] = []
  for (const [what, due] of kit.pieces) {
    const i = left.findIndex((piece) => piece.what === what)
    if (i === -1) fresh.push({ what, due, at: 'due', asked: 0, sent: null, touched: null })
    else left.splice(i, 1)[0]!.due = due
  }
  for (const piece of dropped) if (piece.at !== 'approved') piece.at = 'cancelled'
  m.pieces = [...old, ...fresh]
  m.parts = kit.parts.map(([amount, when], i) => {
    const before = m.parts[i]
    return before && before.at !== 'due' ? before : { amount, when, at: 'due', touched: null }
  })
  if (isOpenPhase(m)) become(m, who, 'agreed')
  else finishIfDone(m)
}
/** What goes on: of each kind as many as are wanted, finished work before work that was sent, and that before the rest. */
function furthest(pieces: readonly Piece[], wanted: (what: string) => number): Piece[] {
  const going = new Set<Piece>()
  for (const what of new Set(pieces.map((piece) => piece.what))) {
    const alive = pieces.filter((piece) => piece.what === what && piece.at !== 'cancelled')
    const [done, rest] = [alive.filter(({ at }) => at === 'approved'), alive.filter(({ at }) => at !== 'approved')]
    const best = [...done, ...rest.filter(({ sent }) => sent !== null), ...rest.filter(({ sent }) => sent === null)]
    for (const piece of best.slice(0, wanted(what))) going.add(piece)
  }
  return pieces.filter((piece) => going.has(piece))
}
function finishIfDone(m: Model): void {
  const isDone = m.pieces.every(({ at }) => at === 'approved' || at === 'cancelled')
  if (m.phase === 'delivering' && isDone) become(m, 'system', 'completed')
}
export function deliver(m: Model, who: Person, piece: Piece): void {
  sayWhatRanOut(m)
  const seq = tell(m, who, 'deliverable.statusChanged')
  Object.assign(piece, { at: 'submitted', sent: seq, touched: seq })
  if (m.phase === 'agreed') become(m, who, 'delivering')
}
export function judge(m: Model, who: Teller, piece: Piece, move: 'approve' | 'requestRevision' | 'dispute' | 'cancel'): void {
  sayWhatRanOut(m)
  const to = { approve: 'approved', requestRevision: 'revisionRequested', dispute: 'disputed', cancel: 'cancelled' } as const
  piece.at = to[move]
  piece.touched = tell(m, who, 'deliverable.statusChanged')
  if (move === 'requestRevision') piece.asked++
  finishIfDone(m)
}
export function settle(m: Model, who: Teller, part: number, at: 'invoiced' | 'paid' | 'confirmed' | 'disputed'): void {
  sayWhatRanOut(m)
  Object.assign(m.parts[part - 1]!, { at, touched: tell(m, who, 'milestone.statusChanged') })
}
export function go(m: Model, who: Person, move: Extract<Order, { do: 'move' }>['move'], side: Side): void {
  const to = { shortlist: 'shortlisted', decline: 'declined', withdraw: 'withdrawn', 'cancel.confirm': 'cancelled' } as const
  if (move.startsWith('cancel.')) sayWhatRanOut(m)
  if (move === 'cancel.request' || move === 'cancel.revoke') {
    m.asking = move === 'cancel.request' ? side : null
    become(m, who, m.phase)
  } else become(m, who, to[move])
}
