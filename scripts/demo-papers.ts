import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoryEntry } from '../client-sdk/contract/deals/schema.ts'
import type { DealRoom } from '../client-sdk/src/deal/deal.ts'
import { dim, heading, say, tell } from './demo-screen.ts'

/** What is left of a deal: the agreement, its story, and the proof, which is checked without Parley. */
export async function papers(server: string, { deal }: DealRoom): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-demo-'))
  const keep = (name: string, content: string | Buffer) => {
    const file = join(folder, name)
    writeFileSync(file, content)
    return file
  }
  const { brand, creator, offer, hash, versions } = await deal.agreement()
  const { accepted } = versions.at(-1)!
  heading('The agreement')
  tell('between', `${brand.name} and ${creator.name}: version ${offer}, terms ${hash.slice(0, 12)}…`)
  tell('accepted', `by ${accepted.name} at ${accepted.at}, attested by the hub’s key ${accepted.attestation.keyId.slice(0, 12)}…`)
  tell('to print', keep('agreement.html', await deal.page('agreement')))

  heading('The timeline')
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await deal.timeline(cursor === undefined ? {} : { cursor })
    for (const entry of page.items) say(`  ${told(entry)}`)
    cursor = page.cursor
  }
  tell('to print', keep('timeline.html', await deal.page('timeline')))

  heading('The proof')
  const proof = keep('proof.jsonl', Buffer.from(await (await deal.proof()).arrayBuffer()))
  const response = await fetch(`${server}/.well-known/parley-checkpoint-keys.json`)
  const { keys } = (await response.json()) as { keys: { kid: string }[] }
  check(proof, keys.at(-1)!.kid, true)
  say('\n  Somebody makes the fee ten times what it was:')
  const forged = readFileSync(proof, 'utf8').replace(/(?<=amount\\?":)120000\b/g, '1200000')
  check(keep('forged.jsonl', forged), keys.at(-1)!.kid, false)
}

function told(entry: StoryEntry): string {
  if (entry.kind === 'messages') return dim(`      ${entry.count} ${entry.count === 1 ? 'message' : 'messages'}`)
  const { seq, type, who, changes, deal } = entry
  const what = deal && 'move' in deal ? `${type} ${deal.move}` : type
  const more = changes?.length ? dim(` (${changes.length} terms changed)`) : ''
  return `${`#${seq}`.padStart(5)} ${what.padEnd(44)} ${who.name ?? who.side}${more}`
}

/** In a process of its own, as whoever was sent the file would. */
function check(file: string, key: string, isGood: boolean): void {
  say(dim(`  $ npx parley-verify ${file} --key ${key}`))
  const root = join(import.meta.dirname, '..')
  const { status, stdout, stderr } = spawnSync('npx', ['parley-verify', file, '--key', key], { cwd: root, encoding: 'utf8' })
  for (const line of `${stdout}${stderr}`.trim().split('\n')) if (!line.startsWith('npm warn')) say(`  ${line}`)
  if ((status === 0) !== isGood) throw new Error(`parley-verify ended with ${status}`)
}
