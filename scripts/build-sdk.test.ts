import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** The Node that the machine had before this project brought its own: what a user of the SDK may have. */
const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'))

test('the SDK as it is published runs on the Node that the machine has', { timeout: 60_000 }, async () => {
  execFileSync('npm', ['run', '--silent', 'build', '-w', 'parley-client'])
  const app = mkdtempSync(join(tmpdir(), 'parley-sdk-'))
  try {
    await mkdir(join(app, 'node_modules'), { recursive: true })
    cpSync('client-sdk/dist', join(app, 'node_modules/parley-client'), { recursive: true })
    for (const name of ['ws', 'zod']) symlinkSync(resolve('node_modules', name), join(app, 'node_modules', name))
    writeFileSync(
      join(app, 'app.mjs'),
      `import { connect, SDK_VERSION } from 'parley-client'
       import { reduce, emptyRoom } from 'parley-client/contract'
       import { openMarket } from 'parley-client/market'
       import { dealRoom } from 'parley-client/deal'
       import { fileStorage } from 'parley-client/node'
       const parley = connect({ url: 'http://127.0.0.1:9', getToken: async () => 'none' })
       parley.subscribe(() => { if (parley.status === 'offline') parley.close() })
       const ended = await parley.room('018f0000-0000-7000-8000-00000000000a').join().catch((error) => error.code)
       console.log(JSON.stringify([typeof SDK_VERSION, ended, typeof reduce, emptyRoom.rev, typeof fileStorage, openMarket(parley) === openMarket(parley), typeof dealRoom, process.versions.node]))`,
    )
    const env = { ...process.env, PATH: path.join(':') }
    const [version, ended, reduce, rev, storage, isOne, deals, node] = JSON.parse(
      execFileSync('node', ['app.mjs'], { cwd: app, env, encoding: 'utf8' }),
    )
    expect([version, ended, reduce, rev, storage, isOne, deals]).toEqual([
      'string',
      'client.closed',
      'function',
      0,
      'function',
      true,
      'function',
    ])
    expect(Number.parseInt(node, 10)).toBeGreaterThanOrEqual(20)
    const verify = spawnSync(join(app, 'node_modules/parley-client/verify/main.js'), { env, encoding: 'utf8' })
    expect([verify.status, verify.stderr]).toEqual([2, expect.stringContaining('parley-verify FILE --key KID')])
    expect(
      readdirSync(join(app, 'node_modules/parley-client/src')).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')),
    ).toEqual([])
  } finally {
    rmSync(app, { recursive: true, force: true })
  }
})
