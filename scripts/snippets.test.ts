import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, type Program, runProgram } from '../realtime/faults/testing-program.ts'

/** Within the repository, where `parley-client` is found, and out of git's sight. */
mkdirSync('.data', { recursive: true })
const folder = mkdtempSync(join(process.cwd(), '.data', 'snippets-'))
const home = mkdtempSync(join(tmpdir(), 'parley-snippets-'))
let program: Program
beforeAll(async () => {
  program = await runProgram({ port: await freePort(), cwd: home }).ready()
}, 120_000)
afterAll(async () => {
  await program?.end('SIGTERM')
  for (const path of [folder, home]) rmSync(path, { recursive: true, force: true })
})

const blocksOf = (file: string): string[] => [...readFileSync(file, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)
/** Everything that a page assumes of its reader is filled in here. */
const here = (code: string): string =>
  code
    .replace(/'https?:\/\/(127\.0\.0\.1:3000|parley\.example\.com)'/, `'${program.url}'`)
    .replace("email: 'mia@example.com', password: '…'", "email: 'aiko@creator.demo', password: 'parley-demo'")

function execute(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
  return stdout
}

function run(name: string, code: string): string {
  writeFileSync(join(folder, `${name}.ts`), code)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions: { noUnusedLocals: false }, include: [`${name}.ts`] }),
  )
  execute('node_modules/typescript/bin/tsc', '-p', folder)
  return execute(join(folder, `${name}.ts`))
}

test('the README’s snippets compile and run', { timeout: 120_000 }, () => {
  const blocks = blocksOf('README.md')
  expect(blocks).toHaveLength(3)
  expect(run('talk', here(blocks[0]!))).toContain('Hello!')
  expect(run('apply', here(blocks[1]!))).toMatch(/ by .*\nsubmitted\n/)
  const bargain = here(blocks[2]!).replace(".data/proof.jsonl'", `${folder.slice(process.cwd().length + 1)}/proof.jsonl'`)
  expect(run('deal', bargain)).toMatch(/^agreed [\s\S]*amount: 90000, currency: 'EUR'/)
  expect(readFileSync(join(folder, 'proof.jsonl'), 'utf8')).toContain('offer.accepted')
  expect(execute(join(folder, 'deal.ts'))).toMatch(/^agreed /) // again there is nothing to accept
})

test('the snippets of the SDK’s README compile and run, one after the other', { timeout: 120_000 }, () => {
  const [first, ...rest] = blocksOf('client-sdk/README.md')
  expect(rest.length).toBeGreaterThanOrEqual(4)
  const given = `
    const own = await signIn('${program.url}', { email: 'aiko@creator.demo', password: 'parley-demo' })
    const finder = connect({ url: '${program.url}', getToken: own.getToken })
    const roomId = (await finder.rooms()).find(({ kind }) => kind === 'application')!.roomId
    finder.close()
    const show = (_state: unknown) => {}
    const save = show
    const load = () => own.session
  `
  const after = `
    const message = room.state.messages.findLast((m) => m.seq !== null)!
    const keys = room.state.members.map(({ key }) => key)
  `
  const [imports = '', ...body] = first!.split('\n\n')
  const node = (code: string) =>
    code.replace(/import .* from 'parley-client' \/\/.*/, '').replace('indexedDbStorage()', `fileStorage('${home}/kept')`)
  const code = [imports, "import { fileStorage } from 'parley-client/node'", given, body.join('\n\n'), after, ...rest.map(node)].join('\n')
  run(
    'client',
    here(`${code}\nconsole.log('done')\nprocess.exit()`).replace(
      `const url = 'https://parley.example.com'`,
      `const url = '${program.url}'`,
    ),
  )
})
