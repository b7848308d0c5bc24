import type { Agreement, ApplicationState, Deliverable, Milestone } from '../../client-sdk/contract/index.ts'
import { escaped } from '../docs/markdown.ts'
import { printed } from './print.ts'
import { block, day, moment, money, words } from './shown.ts'
import { changesTable, termsTable, when } from './shown-terms.ts'

const SIDES = { brand: 'for the brand', creator: 'the creator' } as const
const ASKED = { brand: '; the brand has asked to cancel it', creator: '; the creator has asked to cancel it' } as const

/** How a deal stands, in words. */
export function standing(state: ApplicationState): string {
  const [of, asked] = state.split('+') as [string, keyof typeof ASKED | undefined]
  return `${of}${asked ? ASKED[asked] : ''}`
}
export const nameOf = (name: string | null): string => (name === null ? '<em>name erased</em>' : words(name))

/** The agreement for people: to be read without Parley, and to be printed. */
export function agreementPage(its: Agreement): string {
  const { campaign, brand, creator, versions, terms, offer } = its
  const last = versions.at(-1)!
  return printed(
    `Agreement: ${campaign}, ${brand.name} and ${creator.name}`,
    `<header>
<h1>Agreement</h1>
<p class="lead">${words(campaign)}
<p class="note">Version ${offer} of the terms, agreed ${moment(last.accepted.at)}
</header>
<table>
<tr><th scope="row">Brand<td>${words(brand.name)}
<tr><th scope="row">Creator<td>${words(creator.name)}
<tr><th scope="row">How it stands<td>${escaped(standing(its.state))}
</table>
<h2>What was agreed</h2>
${termsTable(terms)}
<div class="box"><p>${escaped(its.notice)}</div>
<h2>Who agreed, and when</h2>
${versions.map((version, i) => versionPart(version, versions[i - 1]?.offer ?? null, terms.fee.currency)).join('')}
<h2>The work as it stands</h2>
${work(its.deliverables)}
<h2>The payments as they stand</h2>
${payments(its.milestones)}
<p class="note">${escaped(its.notice)}
<h2>How to check this</h2>
${proof(its)}
<footer class="note">Application <code>${escaped(its.applicationId)}</code>, campaign <code>${escaped(its.campaignId)}</code>, room <code>${escaped(its.roomId)}</code>,
as its log stood at entry ${its.asOf}. Moments are in UTC. Names of people are those that the room knows today.</footer>
`,
  )
}

type Version = Agreement['versions'][number]
/** `before`: the version that bound before it. */
function versionPart({ offer, hash, proposed, accepted, changes }: Version, before: number | null, currency: string): string {
  const { attestation } = accepted
  const by = ({ name, by, seq, at }: Version['proposed']) => `${nameOf(name)}, ${SIDES[by]}<td>${moment(at)}<td class="n">${seq}`
  return `<h3>Version ${offer}</h3>
<table><thead><tr><th><th>Who<th>When<th class="n">Entry</thead>
<tr><th scope="row">Proposed by<td>${by(proposed)}
<tr><th scope="row">Accepted by<td>${by(accepted)}
</table>
<p class="note">Hash of the terms: <code>${escaped(hash)}</code><br>
Attested by Parley: who accepted had proved by ${escaped(attestation.method)} at ${moment(attestation.provedAt)} who they are.
Key <code>${escaped(attestation.keyId)}</code>, signature <code>${escaped(attestation.signature)}</code>
${before === null ? '' : changesTable(changes, before, currency)}
`
}

/** Which entry of the log says how it stands, and what was said there. */
const since = (moved: number | null) => `<td class="n">${moved ?? '–'}`
const noted = (moved: number | null, note: string | null) =>
  note === null ? '' : `<div class="note">Said at entry ${moved}:</div>${block(note)}`

const piece = ({ deliverable, platform, format, due, state, moved, links, note }: Deliverable) => {
  const said = (links ?? []).map((link) => `<br>${words(link)}`).join('') + noted(moved, note)
  return `<tr><td class="n">${deliverable}<td>${words(format)} on ${words(platform)}${said}<td>${day(due)}<td>${escaped(state)}${since(moved)}`
}
const work = (all: readonly Deliverable[]) =>
  `<table><thead><tr><th class="n no">No.<th>Piece<th>Due<th>State<th class="n">Entry</thead>\n${all.map(piece).join('\n')}\n</table>`

const part = ({ milestone, amount, currency, due, state, moved, note }: Milestone) =>
  `<tr><td class="n">${milestone}<td class="n">${money({ amount, currency })}<td>${when(due)}${noted(moved, note)}<td>${escaped(state)}${since(moved)}`
const payments = (all: readonly Milestone[]) =>
  `<table><thead><tr><th class="n no">No.<th class="n">Amount<th>Due<th>State<th class="n">Entry</thead>\n${all.map(part).join('\n')}\n</table>`

const proof = ({ hash, roomId, terms, versions }: Agreement) => `<p>Both sides accepted the same terms by their hash, SHA-256:
<p><code>${escaped(hash)}</code>
<p>It is over the bytes <code>parley/terms/1</code> followed by the canonical JSON (RFC 8785) of the terms, with the nonce
<code>${escaped(terms.nonce)}</code>. The log of the room has every version, who proposed and who accepted it, each entry chained to the one before it,
and the whole signed. Ask Parley for it, at <code>/api/v1/rooms/${escaped(roomId)}/proof</code>, and check it on your own machine:
<p><code>npx parley-verify FILE --key ${escaped(versions.at(-1)!.accepted.attestation.keyId)}</code>
<p>The key is one of those that Parley publishes at <code>/.well-known/parley-checkpoint-keys.json</code>. Compare it with one that you have from elsewhere.
This page is for reading; the log is what proves.
`
