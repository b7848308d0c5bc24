import { readFileSync, writeFileSync } from 'node:fs'

/**
 * `npm install` leaves optional packages of other platforms out of the lock file where its registry does not serve them, and
 * `npm ci` then refuses the lock on every platform. This names them again. Run it after each `npm install`; it changes
 * nothing where nothing is missing.
 */
type Entry = {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const FILE = 'package-lock.json'
const lock = JSON.parse(readFileSync(FILE, 'utf8')) as { packages: Record<string, Entry> }
const systems = ['android', 'darwin', 'linux', 'win32', 'freebsd', 'openharmony', 'sunos', 'aix', 'netbsd', 'openbsd']

/** Such packages are named after their platform: `…-linux-x64-musl`. */
function platform(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const parts = name.split('/').at(-1)!.split('-')
  const at = parts.findIndex((part) => systems.includes(part))
  const libc = parts.at(-1)?.startsWith('musl') ? { libc: ['musl'] } : {}
  return at === -1 ? {} : { os: [parts[at]!], cpu: [parts[at + 1]!], ...libc }
}

const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {}, dev }) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)))
    .map(([name, version]) => [`node_modules/${name}`, { version, optional: true, ...(dev && { dev }), ...platform(name) }] as const),
)
const { '': root, ...packages } = { ...lock.packages, ...Object.fromEntries(missing) }
const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1))
if (missing.length > 0)
  writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: { '': root, ...Object.fromEntries(sorted) } }, null, 2)}\n`)
console.log(`${missing.length} optional packages added to ${FILE}`)
