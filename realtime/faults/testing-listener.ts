import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connect, type Room } from '../../client-sdk/src/index.ts'
import { Network } from '../convergence/testing-network.ts'

/** What the listener is told to be. `maxMessages`: null keeps every message, as a store without a bound would. */
export type Listening = { url: string; token: string; roomId: string; maxMessages: number | null }
/**
 * What it is told to do, a line each: lose or hear every frame, say something, tell what it has. The answer comes as one
 * line of JSON; `heap` in bytes, after a garbage collection.
 */
export type Order = { do: 'deafen' | 'listen' | 'tell' } | { do: 'say'; text: string }
export type Told = {
  heap: number
  status: string
  rev: number
  more: boolean
  first: number
  texts: string[]
  members: number
  title: string | null
}

/** Nobody imports it: it is a program, run with `--expose-gc`. */
export const LISTENER = fileURLToPath(import.meta.url)

if (process.argv[1] === LISTENER) await listen(JSON.parse(process.argv[2]!) as Listening)

async function listen({ url, token, roomId, maxMessages }: Listening): Promise<void> {
  const network = new Network(1)
  // Keeps no more than what is told: a renewal would ask for a token that it does not have.
  const bound = { maxMessages: maxMessages ?? Number.MAX_SAFE_INTEGER }
  const parley = connect({ url, getToken: async () => token, openSocket: network.open, ...bound })
  const room = await parley.room(roomId).join()
  process.stdout.write(`${JSON.stringify(tell(room))}\n`)
  for await (const line of createInterface(process.stdin)) {
    const order = JSON.parse(line) as Order
    if (order.do === 'deafen') network.weather = { ...network.weather, lost: 1 }
    if (order.do === 'listen') network.weather = { ...network.weather, lost: 0 }
    if (order.do === 'say') void room.send(order.text)
    if (order.do === 'tell') process.stdout.write(`${JSON.stringify(tell(room))}\n`)
  }
  parley.close()
}

function tell({ state: { status, rev, more, messages, members, title } }: Room): Told {
  globalThis.gc?.()
  const { heapUsed: heap } = process.memoryUsage()
  const first = messages[0]?.seq ?? 0
  return { heap, status, rev, more, first, texts: messages.map(({ text }) => text ?? ''), members: members.length, title }
}
