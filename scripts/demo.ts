import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { deal, meet, player } from './demo-deal.ts'
import { papers } from './demo-papers.ts'
import { dim, heading, say } from './demo-screen.ts'
import { talk } from './demo-talk.ts'

/** A whole deal of two people: they meet, talk, come to terms, do the work, and prove it. On the SDK alone. */
const PORT = Number(process.env.PORT ?? 3000)
const SERVER = `http://127.0.0.1:${PORT}`

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

async function play(): Promise<void> {
  const [nora, aiko] = await Promise.all([player(SERVER, 'nora'), player(SERVER, 'aiko')])
  try {
    heading('They meet')
    const { roomId } = await meet(nora, aiko)
    heading('They talk, each in a process of their own')
    await talk(SERVER, roomId)
    heading('They come to terms, and do the work')
    const room = await deal(nora, aiko, roomId)
    await papers(SERVER, room)
    say('')
  } finally {
    nora.parley.close()
    aiko.parley.close()
  }
}

async function main(): Promise<void> {
  const server = await serverRunning()
  try {
    await play()
  } finally {
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
