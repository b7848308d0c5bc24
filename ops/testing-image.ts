import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

export type Instruction = { name: string; words: string[]; text: string }
export type Stage = { name: string; base: string; instructions: Instruction[] }

const ROOT = join(import.meta.dirname, '..')
const text = (name: string) => readFileSync(join(ROOT, name), 'utf8')
const lines = (file: string) =>
  text(file)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))

/** The Dockerfile, stage by stage. It has no line that goes on in the next. */
export function stages(): Stage[] {
  const all: Stage[] = []
  for (const line of lines('Dockerfile')) {
    const [name = '', ...words] = line.split(/\s+/)
    if (name === 'FROM') all.push({ base: words[0]!, name: words[2] ?? 'image', instructions: [] })
    else all.at(-1)!.instructions.push({ name, words, text: line.slice(name.length).trim() })
  }
  return all
}

/** Whether .dockerignore keeps it from the build; the last line that fits decides. */
export function isIgnored(path: string): boolean {
  const folders = path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'))
  return lines('.dockerignore').reduce((ignored, line) => {
    const pattern = line.replace(/^!/, '')
    return folders.some((folder) => fits(folder, pattern)) ? !line.startsWith('!') : ignored
  }, false)
}

/** Docker's patterns: a star stands for dots, too. */
function fits(path: string, pattern: string): boolean {
  const parts = pattern.split(/(\*\*\/|\*)/).map((part) => ({ '**/': '(?:.*/)?', '*': '[^/]*' })[part] ?? part.replaceAll('.', '\\.'))
  return new RegExp(`^${parts.join('')}$`).test(path)
}

/** Does what the Dockerfile says, in folders under `home` instead of images; the last stage's folder. It is not Docker, and shows as much as that. */
export function buildImage(home: string): { folder: string; env: Record<string, string>; command: string[]; health: string[] } {
  const built = stages()
  for (const stage of built) for (const instruction of stage.instructions) build(instruction, join(home, stage.name), home)
  const last = built.at(-1)!
  const env = last.instructions
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ words }) => words.map((word) => word.split('=') as [string, string]))
  const list = (name: string) => JSON.parse(/\[.*\]$/.exec(last.instructions.find((i) => i.name === name)!.text)![0]) as string[]
  return { folder: join(home, last.name), env: Object.fromEntries(env), command: list('CMD'), health: list('HEALTHCHECK') }
}

function build({ name, words, text }: Instruction, folder: string, home: string): void {
  if (name === 'WORKDIR') mkdirSync(folder, { recursive: true })
  if (name === 'RUN')
    execFileSync('sh', ['-c', text], { cwd: folder, stdio: 'pipe', env: { ...process.env, npm_config_prefer_offline: 'true' } })
  if (name !== 'COPY') return
  const from = words[0]?.startsWith('--from=') ? join(home, words.shift()!.slice('--from='.length)) : ROOT
  const to = words.pop()!
  for (const word of words) copy(from, word.replace(/^\/parley\//, ''), folder, to)
}

function copy(from: string, path: string, folder: string, to: string): void {
  const source = join(from, path)
  if (!existsSync(source)) throw new Error(`The Dockerfile copies ${path}, which does not exist`)
  const target = join(folder, to.endsWith('/') ? join(to, basename(path)) : to)
  const isWanted = (file: string) => from !== ROOT || statSync(file).isDirectory() || !isIgnored(relative(ROOT, file))
  cpSync(source, target, { recursive: true, verbatimSymlinks: true, filter: isWanted })
}

/** The files that a path of the build's context brings into the image. */
export const contextFiles = (path: string): string[] =>
  statSync(join(ROOT, path)).isDirectory()
    ? globSync(`${path}/**/*`, { cwd: ROOT }).filter((file) => statSync(join(ROOT, file)).isFile() && !isIgnored(file))
    : [path].filter((file) => !isIgnored(file))
