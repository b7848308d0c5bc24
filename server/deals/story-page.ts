import type { ApplicationState, Envelope, ErasureReason, RoomId, Teller } from '../../client-sdk/contract/index.ts'
import { escaped } from '../docs/markdown.ts'
import { nameOf, standing } from './agreement-page.ts'
import { NOTICE } from './get-agreement.ts'
import { applicationMove, applicationReminder, deliverableMove, deliverableReminder, milestoneMove } from './moves-in-words.ts'
import { printed } from './print.ts'
import type { Newest, Told } from './read-story.ts'
import { block, count, moment, words } from './shown.ts'
import { changesTable, termName, termsTable } from './shown-terms.ts'

type Changes = Extract<Told, { kind: 'event' }>['changes']
/** A deal's story for people: to be read without Parley, and to be printed. */
export function storyPage(roomId: RoomId, { card, told, isCut }: Newest): string {
  const events = told.filter(({ kind }) => kind === 'event').length
  const title = card ? `${card.title}: ${card.brand.name} and ${card.creator.name}` : 'The story of a deal'
  return printed(
    title,
    `<header>
<h1>The story of a deal</h1>
${card ? `<p class="lead">${words(card.title)}\n<p>${words(card.brand.name)} and ${words(card.creator.name)}; now ${escaped(standing(card.state))}` : ''}
<p class="note">${isCut ? `Only the newest ${count(events, 'event')} are here. The older ones are at <code>/api/v1/rooms/${escaped(roomId)}/timeline</code>.` : `All of it: ${count(events, 'event')}.`}
</header>
<ol class="steps">
${told.map(step).join('')}</ol>
<footer class="note">Room <code>${escaped(roomId)}</code>. Entries are numbered as in its log. Moments are in UTC. Names of people are those that the room knows today.
${escaped(NOTICE)} This page is for reading; the log, at <code>/api/v1/rooms/${escaped(roomId)}/proof</code>, is what proves:
<code>npx parley-verify FILE --key K</code></footer>
`,
  )
}

function step(told: Told): string {
  if (told.kind === 'messages') {
    const { first, last, count: n, from, to } = told.talk
    const place = first === last ? `entry ${first}, ${moment(from)}` : `entries ${first} to ${last}, ${moment(from)} to ${moment(to)}`
    return `<li class="step talk">${n >= 1_000 ? '1,000 messages or more' : count(n, 'message')}, ${place}\n`
  }
  const { event, who, changes } = told
  const [what, more] = sentence(event)
  const shown = event.type === 'offer.proposed' && proposal(event, changes)
  return `<li class="${shown ? 'terms' : 'step'}"><small>${moment(event.at)} · entry ${event.seq}</small>
<p>${teller(who)} ${what}
${more}${shown || ''}
`
}

/** The first version whole, and each later one against the version before. */
function proposal({ data }: Envelope<'offer.proposed'>, changes: Changes): string {
  const { offer, terms } = data.deal
  return changes ? changesTable(changes, offer - 1, terms.fee.currency) : termsTable(terms)
}

const FOR = { brand: ' (brand)', creator: ' (creator)' } as const
function teller({ side, name }: Teller): string {
  if (side === 'system') return 'Parley'
  return side === 'admin' ? 'An administrator of Parley' : `${nameOf(name)}${FOR[side]}`
}

const ERASURE: Record<ErasureReason, string> = {
  personRequest: 'at the request of a person',
  moderation: 'by moderation',
  retention: 'as their time to be kept was over',
  legalOrder: 'by legal order',
}
const ERASED = '<p><em>The words were erased.</em>'
/** What somebody said with it: nothing where they said nothing. */
const said = (personal: object | null, text: string | null | undefined): string => (personal ? (text ? block(text) : '') : ERASED)

/** ` (agreed → delivering)`: who has asked to cancel it, the words before say. */
function moved(...states: [from: ApplicationState, to: ApplicationState]): string {
  const [from, to] = states.map((state) => state.split('+')[0]!)
  return from === to ? '' : ` (${escaped(from!)} → ${escaped(to!)})`
}

/** What happened, in words, and what was said with it. */
function sentence(event: Envelope): [string, string] {
  switch (event.type) {
    case 'application.submitted':
      return ['applied', application(event)]
    case 'application.statusChanged': {
      const { move, from, to } = event.data.deal
      const { personal } = event.data
      return [`${applicationMove[move]}${moved(from, to)}`, said(personal, personal?.reason)]
    }
    case 'offer.proposed': {
      const { offer, basedOn, validUntil, hash } = event.data.deal
      const until = validUntil === null ? '' : `, good until ${moment(validUntil)}`
      const amends = basedOn === null ? '' : `, to amend version ${basedOn}`
      return [`proposed version ${offer} of the terms${amends}${until}`, `<p class="note">Hash <code>${escaped(hash)}</code>`]
    }
    case 'offer.accepted': {
      const { offer, hash, attestation } = event.data.deal
      const proof = `Hash <code>${escaped(hash)}</code>, attested with key <code>${escaped(attestation.keyId)}</code>`
      return [`<strong>accepted version ${offer}</strong>, which binds both sides from here on`, `<p class="note">${proof}`]
    }
    case 'offer.declined':
    case 'offer.withdrawn': {
      const { deal, personal } = event.data
      return [`${event.type === 'offer.declined' ? 'declined' : 'withdrew'} version ${deal.offer}`, said(personal, personal?.reason)]
    }
    case 'offer.expired':
      return [`ended version ${event.data.deal.offer}, whose time had run out`, '']
    case 'offer.reminded': {
      const { offer, to } = event.data.deal
      return [`reminded the ${to} that the time of version ${offer} is nearly over`, '']
    }
    case 'application.reminded':
      return [applicationReminder[event.data.deal.kind], '']
    case 'deliverable.reminded': {
      const { deliverable, kind, due } = event.data.deal
      return [`${deliverableReminder[kind](deliverable)} ${escaped(due)}`, '']
    }
    case 'offer.commented': {
      const { deal, personal } = event.data
      return [`said of version ${deal.offer}, ${termName(deal.term, deal.item)}:`, said(personal, personal?.text)]
    }
    case 'deliverable.statusChanged': {
      const { deal, personal } = event.data
      const links = (personal?.links ?? []).map((link) => `<p>${words(link)}`).join('')
      return [`${deliverableMove[deal.move]} piece ${deal.deliverable} of the work`, links + said(personal, personal?.note)]
    }
    case 'milestone.statusChanged': {
      const { deal, personal } = event.data
      return [`${milestoneMove[deal.move]} payment ${deal.milestone}`, said(personal, personal?.note)]
    }
    case 'log.erased': {
      const { seqs, reason } = event.data.deal
      return [`erased the words of ${count(seqs.length, 'entry', 'entries')}: ${seqs.join(', ')}, ${ERASURE[reason]}`, '']
    }
    default:
      return [escaped(event.type), '']
  }
}

function application({ data: { personal } }: Envelope<'application.submitted'>): string {
  if (!personal) return ERASED
  const answers = personal.answers.map(({ question, text }) => `<p>${words(question)}\n${block(text)}`)
  return block(personal.cover) + answers.join('\n')
}
