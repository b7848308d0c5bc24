import type { Client } from './client.ts'

/** What somebody heard who is removed, and when, by `performance.now()`. `seq`: the last one's. */
export type Heard = { lastAt: number; seq: number; cutAt: number | null }

/** Listens for the client from now on. What cuts it is said by the hub, or is the connection's end. */
export function listen(client: Client): Heard {
  const heard: Heard = { lastAt: 0, seq: 0, cutAt: null }
  client.listener = (event, packet) => {
    if (event === 'room.event') {
      heard.lastAt = performance.now()
      const seqs = packet.matchAll(/"seq":(\d+)/g)
      for (const [, seq] of seqs) heard.seq = Math.max(heard.seq, Number(seq))
    }
    if (event === 'room.closed' || event === 'session.ending' || event === 'closed') heard.cutAt ??= performance.now()
  }
  return heard
}

export type Talk = { stop(): void; refused(): number }

/** Each of these says something so many times a second, whatever is answered. */
export function talk(clients: readonly Client[], perSecond: number): Talk {
  let refused = 0
  let said = 0
  const interval = 1_000 / perSecond
  const dueAt = clients.map((_, i) => performance.now() + (i / clients.length) * interval)
  const ear = {
    heard() {},
    answered(_n: number, seq: number | null) {
      if (seq === null) refused++
    },
    broken() {
      refused++
    },
  }
  for (const client of clients) client.ear = ear
  const timer = setInterval(() => {
    const now = performance.now()
    for (const [i, client] of clients.entries()) {
      if (dueAt[i]! > now) continue
      dueAt[i]! += interval
      client.say(said++, `{"commandId":"${crypto.randomUUID()}","roomId":"${client.seat.roomId}","text":"${TEXT}"}`)
    }
  }, 5)
  const stop = () => {
    clearInterval(timer)
    for (const client of clients) client.ear = null
  }
  return { stop, refused: () => refused }
}

/** 128 characters, the first of them digits as the ear expects. */
const TEXT = `000000000000 ${'what was said after the removal is not for the one who was removed '.repeat(2)}`.slice(0, 128)
