import { Client, type Seat } from './client.ts'

/** What a join answers; a server that stores nothing has no events for it. */
export type Entered = { head: number; events: { seq: number }[] }
/** So many connect at the same time, so that no queue of the system's overflows. */
const AT_ONCE = 100

/** Connects and goes into the room: everything after `after` is in the answer or comes by itself. */
export async function enter(port: number, seat: Seat, after?: number): Promise<{ client: Client; entered: Entered }> {
  const client = await Client.open(port, seat)
  const entered = await client.request<Entered>('room.join', { roomId: seat.roomId, after })
  return { client, entered }
}

/** A client on every seat, in that order, each in its room; with `after`, without what the room has up to there. */
export async function gather(port: number, seats: readonly Seat[], after?: number): Promise<Client[]> {
  const clients: Client[] = []
  for (let i = 0; i < seats.length; i += AT_ONCE) {
    const entering = seats.slice(i, i + AT_ONCE).map((seat) => enter(port, seat, after))
    for (const { client, entered } of await Promise.all(entering)) {
      client.seq = entered.head
      clients.push(client)
    }
  }
  return clients
}
