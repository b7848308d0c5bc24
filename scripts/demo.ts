import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { people } from '../server/embedded/demo/people.ts'
import type { Order, Report } from './demo-client.ts'

/** Two people talk, each in a process of their own; one is cut off, goes on writing, and comes back. */
const PORT = Number(process.env.PORT ?? 3000)
const SERVER = `http://127.0.0.1:${PORT}`
const TITLE = 'Slow Mornings × Aiko Tanaka'
const PATIENCE = 30_000

const say = (line: string) => console.log(line)
const dim = (text: string) => (process.stdout.isTTY ? `\x1b[2m${text}\x1b[0m` : text)
const bold = (text: string) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text)

const isUp = () =>
  fetch(`${SERVER}/livez`).then(
    (response) => response.ok,
    () => false,
  )

/** The server that runs already, or one for the length of the demo. */
async function serverRunning(): Promise<ChildProcess | null> {
  if (await isUp()) return null
  say(dim(`Nothing runs at ${SERVER} yet: starting Parley for the demo.`))
  const child = spawn(process.execPath, ['server/main.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PORT: String(PORT) },
  })
  for (const until = Date.now() + 120_000; !(await isUp()); await sleep(200)) {
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`Parley did not start. If it runs on another port, say PORT=… npm run demo; else try npm start to see why.`)
  }
  return child
}

/** A line to the server that can be cut. */
async function wire() {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(PORT, '127.0.0.1')
    for (const end of [near, far]) {
      open.add(end)
      end.on('error', () => {})
      end.on('close', () => open.delete(end))
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const cut = (cut: boolean) => {
    isCut = cut
    if (cut) for (const end of open) end.destroy()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut, close: () => server.close() }
}

/** Somebody's process, and what it reported, which the terminal shows as it comes. */
class Person {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #reports: Report[] = []

  constructor(who: keyof typeof people, url: string) {
    this.#name = people[who].name.split(' ')[0]!
    this.#child = fork('scripts/demo-client.ts', [people[who].email, SERVER, url, TITLE])
    this.#child.on('message', (report: Report) => {
      this.#reports.push(report)
      const line = describe(report)
      if (line) say(`  ${bold(`${this.#name}'s screen`.padEnd(16))} ${line}`)
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
  say('\nBoth are in the room.\n')
  nora.order({ say: 'Are you there, Aiko?' })
  await aiko.shows('Are you there, Aiko?')
  aiko.order({ say: 'I am! The light is perfect today.' })
  await nora.shows('I am! The light is perfect today.')

  say("\n✂  Aiko's line is cut. Nora goes on, and so does Aiko.\n")
  line.cut(true)
  await aiko.is('offline')
  nora.order({ say: 'Could we have the cup in the frame?' })
  nora.order({ say: '…and the steam, if you can.' })
  aiko.order({ say: 'Written in the tunnel: the reel is ready.' })
  await nora.shows('…and the steam, if you can.')
  await sleep(1_000)

  say('\n⟲  The line is back.\n')
  line.cut(false)
  await Promise.all([aiko.shows('…and the steam, if you can.'), nora.shows('Written in the tunnel: the reel is ready.')])
  await aiko.shows('Written in the tunnel: the reel is ready.')

  const [hers, theirs] = await Promise.all([nora.messages(), aiko.messages()])
  const same = JSON.stringify(hers) === JSON.stringify(theirs)
  say(`\nBoth screens show ${same ? 'the same' : 'DIFFERENT'} ${hers.seqs.length} messages, each once, up to #${hers.seqs.at(-1)}.\n`)
  if (!same) process.exitCode = 1
}

async function main(): Promise<void> {
  const server = await serverRunning()
  const line = await wire()
  const [nora, aiko] = [new Person('nora', SERVER), new Person('aiko', line.url)]
  try {
    await play(nora, aiko, line)
  } finally {
    await Promise.all([nora.stop(), aiko.stop()])
    line.close()
    if (server) {
      server.kill('SIGINT')
      await once(server, 'exit')
    }
  }
}

try {
  await main()
} catch (error) {
  console.error(`The demo ended early: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
