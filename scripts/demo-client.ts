import { connect, type RoomMessage, signIn } from '../client-sdk/src/index.ts'
import { DEMO_PASSWORD } from '../server/embedded/demo/people.ts'

/**
 * One person of the demo, in a process of their own, on the SDK alone. Told over IPC what to say; tells what their screen
 * shows. `direct` is where they sign in, `url` where they connect: in between the demo can cut the line.
 */
export type Order = { say: string } | 'report' | 'stop'
export type Report =
  | { kind: 'status'; status: string }
  | { kind: 'shows'; from: string; text: string; seq: number | null }
  | { kind: 'acknowledged'; text: string; seq: number }
  | { kind: 'messages'; seqs: number[]; texts: (string | null)[] }

const [email, direct, url, roomId] = process.argv.slice(2) as [string, string, string, string]
const tell = (report: Report) => process.send!(report)

const me = await signIn(direct, { email, password: DEMO_PASSWORD })
const parley = connect({ url, getToken: me.getToken })
const room = parley.room(roomId)

let status = ''
parley.subscribe(() => {
  if (parley.status !== status) tell({ kind: 'status', status: parley.status })
  status = parley.status
})

await room.join()
const shown = new Set(room.state.messages.map(key))
room.subscribe(() => {
  const names = new Map(room.state.members.map((member) => [member.key, member.name]))
  for (const message of room.state.messages) {
    if (shown.has(key(message))) continue
    shown.add(key(message))
    const from = message.mine ? 'me' : (names.get(message.author) ?? '?')
    tell({ kind: 'shows', from, text: message.text ?? '(erased)', seq: message.seq })
  }
})
tell({ kind: 'status', status: 'joined' })

/** A message is shown twice: while it is on its way, and once it has its place. */
function key({ id, seq }: RoomMessage): string {
  return `${id} ${seq === null ? 'pending' : 'placed'}`
}

process.on('message', (order: Order) => {
  if (order === 'stop') {
    parley.close()
    process.disconnect()
  } else if (order === 'report') {
    const placed = room.state.messages.flatMap((m) => (m.seq === null ? [] : [{ seq: m.seq, text: m.text }]))
    tell({ kind: 'messages', seqs: placed.map((m) => m.seq), texts: placed.map((m) => m.text) })
  } else {
    const text = order.say
    room.send(text).then(({ seq }) => tell({ kind: 'acknowledged', text, seq }), console.error)
  }
})
