import type { ActorKey, Envelope, Role, RoomKind } from '../client-sdk/contract/index.ts'

/** What a member is in a room. `told`: the room knows of them, which a campaign's room does not of its creators. */
export type Insider = { key: ActorKey; role: Role; told: boolean }
/** What a gate must know of its room, as of the event `asOf`. `toldMembers`: how many members the room knows. */
export type RoomFacts = { kind: RoomKind; announcementsOnly: boolean; toldMembers: number; asOf: number }

/** The facts after these events, which come in order. Those that the facts know already change nothing. */
export function factsAfter(facts: RoomFacts, events: readonly Envelope[]): RoomFacts {
  let now = facts
  for (const { type, seq, data } of events) {
    if (seq <= now.asOf) continue
    if (type === 'room.settingsChanged') now = { ...now, announcementsOnly: data.deal.announcementsOnly, asOf: seq }
    else if (type === 'room.memberAdded') now = { ...now, toldMembers: now.toldMembers + 1, asOf: seq }
    else if (type === 'room.memberRemoved') now = { ...now, toldMembers: now.toldMembers - 1, asOf: seq }
  }
  return now
}
