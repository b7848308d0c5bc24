import type { CommandName, EventName, ServerToClient, WhisperName } from './index.ts'

type Descriptions = {
  commands: Record<CommandName, string>
  events: Record<EventName, string>
  whispers: Record<WhisperName, string>
  /** What else the server says. */
  said: Record<Exclude<keyof ServerToClient, WhisperName>, string>
}

/** One line for everything with a name, for the documentation. It does not compile while one is missing. The SDK does without. */
export const descriptions: Descriptions = {
  commands: {
    'session.renew': 'Gives the open socket a fresh access token of the same person.',
    'room.join': 'Opens a room on this socket: its events come from here on, and what was missed, or a snapshot, is in the answer.',
    'room.sync': 'Reads the events after a seq: the rest of what was missed, or a hole.',
    'room.configure': 'Changes how the room is to be used; what is left out stays.',
    'room.read': 'Says that the caller has read everything up to a seq. Never goes back.',
    'room.mute': 'Mutes the room for the caller, or lets it be heard again.',
    'room.leave': 'Closes the room on this socket; the caller stays a member.',
    'chat.send': 'Says something in a room, or answers a message.',
    'chat.edit': 'Changes the words of a message of one’s own; the earlier ones are kept.',
    'chat.delete': 'Takes a message back: one’s own, or anybody’s for who may moderate. Its place stays.',
    'chat.react': 'Puts an emoji on a message. Once is enough.',
    'chat.unreact': 'Takes one’s emoji off a message.',
    'chat.pin': 'Pins a message to the room.',
    'chat.unpin': 'Unpins a message.',
    'room.typing': 'Tells the others in the room that the caller writes, or no longer does.',
    'presence.update': 'Says of this device that nothing was done on it for a while, or something was again.',
    'presence.query': 'Asks which members are there, or when they last were.',
  },
  events: {
    'chat.messageSent': 'Somebody said something; `deal` is there where it answers a message.',
    'chat.messageEdited': 'The words of a message were changed by its author.',
    'chat.messageDeleted': 'A message was taken back.',
    'chat.reacted': 'Somebody put an emoji on a message.',
    'chat.unreacted': 'Somebody took their emoji off a message.',
    'chat.messagePinned': 'A message was pinned to the room.',
    'chat.messageUnpinned': 'A message was unpinned.',
    'room.created': 'The room began.',
    'room.memberAdded': 'Somebody became a member.',
    'room.memberRemoved': 'Somebody is no member any more.',
    'room.settingsChanged': 'The room is to be used so from here on.',
    'membership.started': 'The person became a member of a room.',
    'membership.ended': 'The person is no member of a room any more.',
    'log.erased': 'The personal parts of these seqs are gone for ever.',
    'session.ended': 'A session of the person ended.',
    'person.blocked': 'The platform shut the person out.',
    'person.unblocked': 'The platform lets the person in again.',
    'person.settingsChanged': 'The person changed what others learn of them.',
  },
  whispers: {
    'room.typing': 'A member writes, or no longer does. It ends by itself after 6 s.',
    'room.presence': 'Who has the room open.',
    'room.reads': 'How far members have read.',
    'inbox.changed': 'What has become of rooms that are not open.',
  },
  said: {
    'room.event': 'Durable facts, in order of seq. Apply each once, strictly by seq; an unknown type only moves the seq on.',
    'room.closed': 'This socket is out of the room.',
    'session.ending': 'Why the hub closes this socket: the last thing that it says.',
  },
}
