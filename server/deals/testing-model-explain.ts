import type { Actor, Model, Order, Outcome } from './testing-model.ts'
import { happenings, play } from './testing-model-play.ts'

/** An order and its answer. `before`: what it cannot have come before, where it is the same command a second time. */
export type Answered = { who: Actor; order: Order; outcome: Outcome; before?: Answered }

/** Every way in which these could have come one after the other with these answers: where each leads. `end`: when all was over, in ms. */
export function* explanations(model: Model, round: readonly Answered[], end: number): Generator<Model> {
  if (round.length === 0) yield model
  // What changes nothing and can have been now may as well have been now: only the others have to be tried in all orders.
  const idle = round.findIndex((its) => after(model, its, end) === model)
  if (idle !== -1) return yield* explanations(model, round.toSpliced(idle, 1), end)
  for (const [i, its] of round.entries()) {
    const next = its.before && round.includes(its.before) ? undefined : after(model, its, end)
    if (next) yield* explanations(next, round.toSpliced(i, 1), end)
  }
  for (const next of happenings(model, end)) yield* explanations(next, round, end)
}

function after(model: Model, { who, order, outcome }: Answered, end: number): Model | undefined {
  const { no, maybe, next } = play(model, who, order, end)
  if (outcome !== 'ok') return no.includes(outcome) || maybe.includes(outcome) ? model : undefined
  return no.length === 0 ? next() : undefined
}
