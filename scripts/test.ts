import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What comes before the tests: what they need, and the static checks. Each is counted as one test. Everything runs, whatever failed before it. */
const checks = {
  engines: ['node', 'scripts/engines.ts'],
  types: ['tsc', '-p', '.'],
  style: ['biome', 'check', '--error-on-warnings', '.'],
  layers: ['depcruise', '--config', '.dependency-cruiser.mjs', '.'],
  unused: ['knip', '--no-progress', '--no-config-hints'],
}
type Count = { passed: number; failed: number }
/** What of vitest's JSON report is counted. */
type Report = {
  numTotalTests: number
  numPassedTests: number
  numPendingTests: number
  testResults: { name: string; status: string; message: string; assertionResults: { status: string; fullName: string }[] }[]
}

const root = join(import.meta.dirname, '..')
const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) }
const vitestArgs = process.argv.slice(2)
/** With a name filter, what it leaves out is skipped on purpose. */
const isFiltered = vitestArgs.some((arg) => /^(-t|--testNamePattern)/.test(arg))

const counts = [...Object.entries(checks).map(([name, command]) => check(name, command)), tests()]
const passed = counts.reduce((sum, c) => sum + c.passed, 0)
const failed = counts.reduce((sum, c) => sum + c.failed, 0)
process.exitCode = failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed`) // the last line: programs read it

function check(name: string, [file = '', ...args]: string[]): Count {
  const begin = performance.now()
  const { status, error, stdout, stderr } = spawnSync(file, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28 })
  tell(name, status === 0, begin)
  if (status === 0) return { passed: 1, failed: 0 }
  console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`)
  return { passed: 0, failed: 1 }
}

function tests(): Count {
  const begin = performance.now()
  const home = mkdtempSync(join(tmpdir(), 'parley-report-'))
  try {
    const file = join(home, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const { status } = spawnSync('vitest', ['run', ...reporters, ...vitestArgs], { cwd: root, env, stdio: 'inherit' })
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : null
    const count = report ? counted(report) : { passed: 0, failed: 0 }
    // Errors outside of any test, a run that died, no test at all: vitest fails, or should have.
    if (count.failed === 0 && (status !== 0 || count.passed === 0)) count.failed = 1
    tell('tests', count.failed === 0, begin)
    return count
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Whatever did not pass has failed: skipped, `todo` and unfinished tests too, and a file that did not load. */
function counted({ numTotalTests, numPassedTests, numPendingTests, testResults }: Report): Count {
  const left = testResults.flatMap((file) => file.assertionResults).filter(({ status }) => status !== 'passed' && status !== 'failed')
  if (!isFiltered) for (const { status, fullName } of left) console.log(`Counted as failed, because it is ${status}: ${fullName}`)
  const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'))
  for (const { name, message } of broken) console.log(`Counted as failed: ${name}: ${message}`)
  return { passed: numPassedTests, failed: numTotalTests - numPassedTests - (isFiltered ? numPendingTests : 0) + broken.length }
}

function tell(name: string, ok: boolean, begin: number): void {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(7)} ${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s`)
}
