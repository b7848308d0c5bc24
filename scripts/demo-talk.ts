import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { people } from '../server/embedded/demo/people.ts'
import type { Order, Report } from './demo-client.ts'
import { dim, say, tell } from './demo-screen.ts'

const PATIENCE = 30_000

/** A line to the server that can be cut. */
async function wire(server: string) {
  const { port, hostname } = new URL(server)
  const open = new Set<Socket>()
  let isCut = false
  const relay = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(Number(port), hostname)
    for (const end of [near, far]) {
      open.add(end)
      end.on('error', () => {})
      end.on('close', () => open.delete(end))
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done))
  const cut = (cut: boolean) => {
    isCut = cut
    if (cut) for (const end of open) end.destroy()
  }
  return { url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`, cut, close: () => relay.close() }
}

/** Somebody's process, and what it reported, which the terminal shows as it comes. */
class Person {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #reports: Report[] = []

  constructor(who: keyof typeof people, server: string, url: string, roomId: string) {
    this.#name = people[who].name.split(' ')[0]!
    this.#child = fork(`${import.meta.dirname}/demo-client.ts`, [people[who].email, server, url, roomId])
    this.#child.on('message', (report: Report) => {
      this.#reports.push(report)
      const line = describe(report)
      if (line) tell(`${this.#name}'s screen`, line)
    })
  }

  order(order: Order): void {
    this.#child.send(order)
  }

  async until<R extends Report>(isIt: (report: Report) => report is R): Promise<R> {
    for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(20)) {
      const found = this.#reports.find(isIt)
      if (found) return found
    }
    throw new Error(`${this.#name} did not get there`)
  }

  shows = (text: string) => this.until((r): r is Report & { kind: 'shows' } => r.kind === 'shows' && r.text === text && r.seq !== null)
  is = (status: string) => this.until((r): r is Report & { kind: 'status' } => r.kind === 'status' && r.status === status)

  async messages(): Promise<Report & { kind: 'messages' }> {
    this.order('report')
    return this.until((r): r is Report & { kind: 'messages' } => r.kind === 'messages')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.order('stop')
    await once(this.#child, 'exit')
  }
}

function describe(report: Report): string | null {
  switch (report.kind) {
    case 'status':
      return dim(report.status === 'online' ? 'is online' : report.status)
    case 'shows':
      return report.seq === null
        ? `${report.from}: ${report.text} ${dim('(on its way)')}`
        : `${report.from}: ${report.text} ${dim(`#${report.seq}`)}`
    default:
      return null
  }
}

async function play(nora: Person, aiko: Person, line: Awaited<ReturnType<typeof wire>>): Promise<void> {
  await Promise.all([nora.is('joined'), aiko.is('joined')])
  nora.order({ say: 'Are you there, Aiko?' })
  await aiko.shows('Are you there, Aiko?')
  aiko.order({ say: 'I am! The light is perfect today.' })
  await nora.shows('I am! The light is perfect today.')

  say("\n✂  Aiko's line is cut. Nora goes on, and so does Aiko.\n")
  line.cut(true)
  await aiko.is('offline')
  nora.order({ say: 'Could we have the cup in the frame?' })
  nora.order({ say: '…and the steam, if you can.' })
  aiko.order({ say: 'Written in the tunnel: of course.' })
  await nora.shows('…and the steam, if you can.')
  await sleep(1_000)

  say('\n⟲  The line is back.\n')
  line.cut(false)
  await Promise.all([aiko.shows('…and the steam, if you can.'), nora.shows('Written in the tunnel: of course.')])
  await aiko.shows('Written in the tunnel: of course.')

  const [hers, theirs] = await Promise.all([nora.messages(), aiko.messages()])
  if (JSON.stringify(hers) !== JSON.stringify(theirs)) throw new Error('The two screens show different messages')
  say(`\nBoth screens show the same ${hers.seqs.length} messages, each once, up to #${hers.seqs.at(-1)}.`)
}

/** Two people talk, each in a process of their own; one is cut off, goes on writing, and comes back. */
export async function talk(server: string, roomId: string): Promise<void> {
  const line = await wire(server)
  const [nora, aiko] = [new Person('nora', server, server, roomId), new Person('aiko', server, line.url, roomId)]
  try {
    await play(nora, aiko, line)
  } finally {
    await Promise.all([nora.stop(), aiko.stop()])
    line.close()
  }
}
