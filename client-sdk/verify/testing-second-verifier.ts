import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { engineProgram } from '../../scripts/engines-path.ts'
import { verifyProof } from './verify-proof.ts'

/** What both verifiers say of a file. */
export type Verdict = { ok: true; seq: number; hash: string } | { ok: false; line: number; seq: number | null; problem: string }
type Asked = { bytes: Uint8Array; kid: string }

/** Ours. */
export async function firstVerdict({ bytes, kid }: Asked): Promise<Verdict> {
  const said = await verifyProof([bytes], { pinned: [kid] })
  if (said.ok) return { ok: true, seq: said.seq, hash: said.hash }
  return { ok: false, line: said.line, seq: said.seq, problem: said.problem }
}

/** scripts/verify_proof.py, which was written from docs/proof.md alone; one process that is asked again and again. */
export function secondVerifier() {
  const script = join(import.meta.dirname, '../../scripts/verify_proof.py')
  const python = spawn(engineProgram('python'), ['-B', script, '--batch'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  async function verdict({ bytes, kid }: Asked): Promise<Verdict> {
    python.stdin.write(`${JSON.stringify({ base64: Buffer.from(bytes).toString('base64'), keys: [kid] })}\n`)
    const answer = await answers.next()
    if (answer.done) throw new Error('The second verifier has died')
    return JSON.parse(answer.value) as Verdict
  }
  return { verdict, [Symbol.dispose]: () => void python.kill() }
}
