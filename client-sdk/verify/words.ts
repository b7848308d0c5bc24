import { canonical, type Json } from '../contract/canonical.ts'
import { plain } from './plain.ts'
import { problems } from './problems.ts'
import type { Agreed, Report } from './report.ts'
import type { Fault } from './verify-proof.ts'

/** What was found, in lines for people. */
export const wordsOf = (result: Report | Fault): string =>
  (result.ok ? proved(result) : refused(result)).map((line) => `${plain(line)}\n`).join('')

const refused = ({ problem, line, seq }: Fault): string[] => [
  `Does not verify: ${problem}`,
  `  ${row('where', `line ${line}${seq === null ? '' : `, seq ${seq}`}`)}`,
  `  ${row('meaning', problems[problem])}`,
]

const row = (name: string, value: string) => `${name.padEnd(12)}${value}`

function proved({ room, seq, hash, sealed, entries, checkpoints, deal, erased, withheld }: Report): string[] {
  return [
    'Verified: the hub with this key has exported this file as it is.',
    ...[
      row('room', room),
      row('entries', String(entries)),
      row('last', `seq ${seq}, hash ${hash}`),
      row('sealed', `${sealed.at}, by key ${sealed.keyId}`),
      row('checkpoints', String(checkpoints)),
      ...(deal ? told(deal) : [row('deal', 'none')]),
      ...erased.map(({ seqs, reason, by, at }) => row('erased', `the words of seq ${seqs.join(', ')}: ${reason}, says seq ${by}, ${at}`)),
      ...withheld.map((one) => row('withheld', `the words of seq ${one.seq}: taken back, says seq ${one.by}`)),
      ...(deal ? binds(deal) : []),
    ].map((line) => `  ${line}`),
  ]
}

const told = ({ applicationId, state, version, binding, agreed }: NonNullable<Report['deal']>): string[] => [
  row('deal', `application ${applicationId}: ${state}, version ${version}`),
  row('binding', binding === null ? 'no terms' : `terms ${binding}`),
  ...agreed.flatMap(agreement),
]

/** What both sides are bound by, as it was hashed: amounts in minor units. */
function binds({ binding, agreed }: NonNullable<Report['deal']>): string[] {
  const terms = agreed.find(({ offer }) => offer === binding)?.terms
  if (!terms) return []
  const said = Object.entries(terms).map(([term, its]) => `  ${term.padEnd(16)}${canonical(its as Json)}`)
  return [`What binds, terms ${binding}, amounts in minor units (1250 is 12.50 with EUR):`, ...said]
}

function agreement({ offer, hash, by, member, name, seq, at, accepted }: Agreed): string[] {
  const { kind, session, method, provedAt, at: attested, keyId } = accepted.attestation
  return [
    row(`terms ${offer}`, `hash ${hash}`),
    row('  proposed', `by the ${by}, member ${member}, ${at}, seq ${seq}`),
    ...called(name),
    row('  accepted', `by the ${accepted.by}, member ${accepted.member}, ${accepted.at}, seq ${accepted.seq}`),
    ...called(accepted.name),
    row('  attested', `by ${kind}, ${attested}, key ${keyId}: session ${session}, ${method} at ${provedAt}`),
  ]
}

/** In a line of its own: a name may say anything. */
const called = (name: string | null): string[] => [row('    called', name === null ? 'no name in this file' : `“${name}” in this file`)]
