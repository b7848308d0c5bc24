import { expect, test } from 'vitest'
import { type ActorKey, type Envelope, newId, type RoomId, type UserId } from '../client-sdk/contract/index.ts'
import { Gate } from './gate.ts'
import type { AppSocket } from './socket.ts'

const roomId = newId<RoomId>()
const event = (seq: number) => ({ seq, roomId, type: 'chat.messageSent' }) as Envelope
const insider = { key: newId<ActorKey>(), role: 'owner' as const, told: true }
const facts = { kind: 'application' as const, announcementsOnly: false, toldMembers: 2, asOf: 0 }
const turn = () => new Promise((done) => setTimeout(done))

/** A room in memory: who is a member at which access version, and what each of its sockets received. */
function room() {
  const members = new Set<UserId>()
  const heard = new Map<AppSocket, (number | 'closed')[]>()
  const inside = new Set<AppSocket>()
  const state = { accessVersion: 0, databaseIsAway: false, checks: 0 }
  const gate = new Gate(roomId, facts, {
    read: async () => ({ accessVersion: state.accessVersion, events: [] }),
    async membersAmong(_room, users) {
      state.checks++
      await turn()
      if (state.databaseIsAway) throw new Error('the database is away')
      return { accessVersion: state.accessVersion, members: new Map(users.flatMap((user) => (members.has(user) ? [[user, insider]] : []))) }
    },
    emit: (_room, events) => {
      for (const socket of inside) heard.get(socket)!.push(...events.map((e) => e.seq))
    },
    entered: () => {},
    leaving: () => {},
    resized: () => {},
    forget: () => {},
    failed: () => {},
  })
  const socket = (userId = newId<UserId>()) => {
    const it = {
      connected: true,
      data: { session: { userId } },
      join: () => void inside.add(it),
      leave: () => void inside.delete(it),
      emit: (name: string) => name === 'room.closed' && heard.get(it)!.push('closed'),
    } as unknown as AppSocket
    members.add(userId)
    heard.set(it, [])
    return it
  }
  const remove = (it: AppSocket) => {
    members.delete(it.data.session.userId)
    state.accessVersion++
  }
  return { gate, state, socket, remove, heard: (it: AppSocket) => heard.get(it) }
}

test('P6: somebody removed gets nothing that was committed after it, and is told', async () => {
  const { gate, state, socket, remove, heard } = room()
  const [stays, goes] = [socket(), socket()]
  gate.admit(stays, 0, insider)
  gate.admit(goes, 0, insider)
  gate.offer({ accessVersion: 0, events: [event(1)] })
  remove(goes)
  gate.offer({ accessVersion: 1, events: [event(2)] })
  gate.offer({ accessVersion: 1, events: [event(3)] })
  await expect.poll(() => heard(stays)).toEqual([1, 2, 3])
  expect(heard(goes)).toEqual([1, 'closed'])
  expect(state.checks).toBe(1)
})

test('P6: while the database cannot say who is a member, nobody gets anything', async () => {
  const { gate, state, socket, remove, heard } = room()
  const [stays, goes] = [socket(), socket()]
  gate.admit(stays, 0, insider)
  gate.admit(goes, 0, insider)
  remove(goes)
  state.databaseIsAway = true
  gate.offer({ accessVersion: 1, events: [event(1)] })
  await turn()
  await turn()
  expect([heard(stays), heard(goes)]).toEqual([[], []])
  state.databaseIsAway = false
  await expect.poll(() => heard(stays)).toEqual([1])
  expect(heard(goes)).toEqual(['closed'])
})

test('P6: whoever was checked before a change must be checked again to come in', () => {
  const { gate, state, socket } = room()
  gate.offer({ accessVersion: 2, events: [] })
  state.accessVersion = 2
  expect(gate.admit(socket(), 1, insider)).toBe(false)
  expect(gate.admit(socket(), 2, insider)).toBe(true)
})

test('P6: somebody who comes in while the others are being checked is checked too', async () => {
  const { gate, state, socket, remove, heard } = room()
  const first = socket()
  const late = socket()
  gate.admit(first, 0, insider)
  state.accessVersion = 1
  gate.offer({ accessVersion: 1, events: [event(1)] }) // begins to check `first`
  gate.admit(late, 1, insider)
  remove(late)
  gate.offer({ accessVersion: 2, events: [event(2)] })
  await expect.poll(() => heard(first)).toEqual([1, 2])
  expect(heard(late)).toContain('closed')
  expect(heard(late)).not.toContain(2)
})

test('P6: a gate that was closed while it checked sends nothing to who came by the next one', async () => {
  const { gate, state, socket, heard } = room()
  const [leaves, next] = [socket(), socket()]
  gate.admit(leaves, 0, insider)
  state.accessVersion = 1
  gate.offer({ accessVersion: 1, events: [event(1)] })
  gate.leave(leaves)
  gate.close()
  void next.join(roomId) // by another gate, checked before that event
  await turn()
  await turn()
  expect(heard(next)).toEqual([])
})

test('a socket that leaves while it is checked does not come back by it', async () => {
  const { gate, state, socket, heard } = room()
  const [stays, leaves] = [socket(), socket()]
  gate.admit(stays, 0, insider)
  gate.admit(leaves, 0, insider)
  state.accessVersion = 1
  gate.offer({ accessVersion: 1, events: [event(1)] })
  gate.leave(leaves)
  await expect.poll(() => heard(stays)).toEqual([1])
  expect(heard(leaves)).toEqual([])
  expect(gate.insider(leaves)).toBeUndefined()
})
