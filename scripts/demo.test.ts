import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, type Program, runProgram } from '../realtime/faults/testing-program.ts'

const home = mkdtempSync(join(tmpdir(), 'parley-demo-test-'))
const papers: string[] = []
let program: Program
beforeAll(async () => {
  program = await runProgram({ port: await freePort(), cwd: home }).ready()
}, 120_000)
afterAll(async () => {
  await program?.end('SIGTERM')
  for (const path of [home, ...papers]) rmSync(path, { recursive: true, force: true })
})

/** What it said, and how it ended. */
async function demo(): Promise<{ said: string; code: number }> {
  const env = { ...process.env, PORT: new URL(program.url).port }
  const child = spawn(process.execPath, ['scripts/demo.ts'], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(child, 'close')
  return { said, code }
}

test('the demo makes a deal from the first word to the proof, and finds the forged one; and again', { timeout: 180_000 }, async () => {
  for (const _again of [1, 2]) {
    const { said, code } = await demo()
    expect(code, said).toBe(0)
    const steps = [
      'applies',
      'shortlisted',
      'The line is back',
      'the same 5 messages',
      'offers version 1',
      'counters with version 2',
      'gives her password again',
      'the application is agreed',
      'asks for a revision',
      'the deal is completed',
      'of payment 2: invoiced, paid, received',
      'The agreement',
      'The timeline',
      'Verified:',
      'Does not verify: hash.differs',
    ]
    const places = steps.map((step) => said.indexOf(step))
    expect(places, said).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(-1)
    const folder = /to print +(.*)\/agreement\.html/.exec(said)![1]!
    papers.push(folder)
    for (const page of ['agreement.html', 'timeline.html'])
      expect(readFileSync(join(folder, page), 'utf8')).toContain('First Snow, First Cup')
  }
})
