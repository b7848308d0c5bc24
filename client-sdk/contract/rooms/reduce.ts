import type { Envelope } from '../events.ts'
import type { ActorKey } from '../ids.ts'
import type { Member, RoomSettings, Subject } from './schema.ts'

/** Who is in the room now, as the room may know it. */
export type Members = Readonly<Record<ActorKey, Member>>

export function reduceMembers(members: Members, event: Envelope): Members {
  switch (event.type) {
    case 'room.memberAdded': {
      const { member: key, role } = event.data.deal
      return { ...members, [key]: { key, role, since: event.seq, name: event.data.personal?.name ?? null } }
    }
    case 'room.memberRemoved': {
      const { [event.data.deal.member]: _gone, ...rest } = members
      return rest
    }
    case 'room.roleChanged': {
      const { member: key, role } = event.data.deal
      const member = members[key]
      return member ? { ...members, [key]: { ...member, role } } : members
    }
    case 'log.erased': {
      const erased = Object.values(members).filter((m) => event.data.deal.seqs.includes(m.since))
      return { ...members, ...Object.fromEntries(erased.map((m) => [m.key, { ...m, name: null }])) }
    }
    default:
      return members
  }
}

/** A room's title is given by its first event. */
export function reduceTitle(title: string | null, event: Envelope): string | null {
  if (event.type === 'room.created') return event.data.personal?.title ?? null
  return event.type === 'log.erased' && event.data.deal.seqs.includes(1) ? null : title
}

export const defaultSettings: RoomSettings = { slowMode: 0, announcementsOnly: false }

export const reduceSettings = (settings: RoomSettings, event: Envelope): RoomSettings =>
  event.type === 'room.settingsChanged' ? event.data.deal : settings

/** What the room is about: begun by its first facts, and moved on by each change of it. */
export function reduceSubject(subject: Subject | null, { type, data, seq }: Envelope): Subject | null {
  switch (type) {
    case 'campaign.created':
      return { kind: 'campaign', id: data.deal.campaignId, state: 'draft', version: 1, moved: null, reason: null }
    case 'application.submitted':
      return { kind: 'application', id: data.deal.applicationId, state: 'submitted', version: 1, moved: null, reason: null }
    case 'campaign.changed':
      return subject && { ...subject, version: data.deal.version }
    case 'campaign.statusChanged':
    case 'application.statusChanged': {
      const { to: state, version } = data.deal
      return subject && ({ ...subject, state, version, moved: seq, reason: data.personal?.reason ?? null } as Subject)
    }
    case 'log.erased':
      return subject?.moved && data.deal.seqs.includes(subject.moved) ? { ...subject, reason: null } : subject
    default:
      return subject
  }
}
