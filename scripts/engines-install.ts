import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Another installation may take so long, in s. */
const PATIENCE = 600
const TOO_BUSY = /could not get lock/i
/** Debian asks it before it starts a service that it has just installed: 101 forbids. */
const POLICY = '/usr/sbin/policy-rc.d'
const FORBIDDEN = '#!/bin/sh\n# Parley installs what its tests need, and removes this file afterwards.\nexit 101\n'

/** Runs apt-get; what it prints, or throws it. The lock of its lists is the one that it does not wait for by itself. */
export async function aptGet(args: readonly string[], { program = 'apt-get', patience = PATIENCE, pause = 2_000 } = {}): Promise<string> {
  const options = ['-qq', '-o', `DPkg::Lock::Timeout=${patience}`, '-o', 'Acquire::Retries=3']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  for (const until = Date.now() + patience * 1_000; ; await sleep(pause)) {
    const { status, error, stdout, stderr } = spawnSync(program, [...options, ...args], { env, encoding: 'utf8', maxBuffer: 1 << 26 })
    if (status === 0) return stdout
    if (Date.now() > until || !TOO_BUSY.test(stderr ?? '')) throw new Error(error?.message ?? `apt-get ${args[0]}: ${stderr.trim()}`)
  }
}

/** Installs Debian's packages. Lists that could not be renewed are no reason to stop: the old ones may do. */
export async function install(packages: readonly string[]): Promise<void> {
  await withoutServices(async () => {
    const stale = await aptGet(['update']).then(() => null, String)
    try {
      await aptGet(['install', '-y', '--no-install-recommends', ...packages])
    } catch (error) {
      throw stale === null ? error : new Error(`${error instanceof Error ? error.message : error}\n${stale}`)
    }
  })
}

/** A test brings its own servers up: none may start by being installed. A machine's own policy is left as it is. */
export async function withoutServices(work: () => Promise<void>, policy = POLICY): Promise<void> {
  const isOurs = forbid(policy)
  const wait = () => {} // Ctrl-C ends apt-get; then the policy has to go, too
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, wait)
  try {
    await work()
  } finally {
    if (isOurs) rmSync(policy, { force: true })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, wait)
  }
}

/** Whether the policy is ours to remove, as one is that a killed run left. The caller is the only run that installs. */
function forbid(policy: string): boolean {
  if (existsSync(policy)) return readFileSync(policy, 'utf8') === FORBIDDEN
  writeFileSync(policy, FORBIDDEN, { mode: 0o755 })
  return true
}
