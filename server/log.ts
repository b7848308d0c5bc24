import type { LogLevel } from './config.ts'

export type Fields = Readonly<Record<string, unknown>>
/** One JSON object a line. Errors may be anything; secrets and what people wrote are kept out, by name and by look. */
export type Log = { [L in LogLevel]: (message: string, fields?: Fields) => void } & {
  /** The same log, with these fields on every line. */
  child(fields: Fields): Log
  /** Writes what is still held back. */
  flush(): void
}
type Options = { level?: LogLevel; write?: (text: string) => void; now?: () => Date }

const weights: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 }
/** Lines wait at most so long, in ms, or until they are so many characters. */
const HOLD = 100
const FULL = 64 * 1_024

/** Lines are written in batches: one system call each would cost more than the work they tell of. */
export function createLog({ level = 'info', write = (text) => process.stdout.write(text), now = () => new Date() }: Options = {}): Log {
  let held = ''
  let timer: NodeJS.Timeout | null = null
  const flush = () => {
    if (timer) clearTimeout(timer)
    timer = null
    const text = held
    held = ''
    if (text !== '') write(text)
  }
  const put = (line: string) => {
    held += `${line}\n`
    timer ??= setTimeout(flush, HOLD).unref()
    if (held.length >= FULL) flush()
  }
  process.once('exit', flush) // pipes, files and terminals are written at once on POSIX
  const logger = (base: Fields): Log => {
    const at = (its: LogLevel) => (message: string, fields?: Fields) => {
      if (weights[its] >= weights[level]) put(line({ at: now().toISOString(), level: its, message, ...base, ...fields }))
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => logger({ ...base, ...fields }),
      flush,
    }
  }
  return logger({})
}

function line(fields: Fields): string {
  try {
    return JSON.stringify(fields, shown)
  } catch {
    return JSON.stringify({ at: fields.at, level: fields.level, message: fields.message, unprintable: Object.keys(fields) })
  }
}

/** Names of fields whose values nobody may read in a log. */
const SECRET = /mailKey|token|password|secret|authorization|cookie|credential|private|^(key|pem|text|body|personal|email)$/i

/** The names of lines' fields are few, and each is looked at thousands of times a second. */
const isSecret = new Map<string, boolean>()
function isSecretName(name: string): boolean {
  const known = isSecret.get(name)
  if (known !== undefined) return known
  const secret = SECRET.test(name)
  if (isSecret.size < 1_000) isSecret.set(name, secret)
  return secret
}

function shown(name: string, value: unknown): unknown {
  if (isSecretName(name) && value !== null && value !== undefined) return '[hidden]'
  if (value instanceof Error) return describe(value)
  if (typeof value === 'bigint') return value.toString()
  return typeof value === 'string' ? scrub(value) : value
}

/** Of an error only what is listed here: others carry parameters, rows, requests. */
function describe(error: Error): Fields {
  const { name, message, stack, cause } = error
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : undefined
  return { name, message, code, stack, cause: cause instanceof Error ? cause : undefined }
}

const looks: [RegExp, string][] = [
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]'],
  [/\bBearer\s+\S+/gi, 'Bearer [token]'],
  [/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[key]'],
  [/:\/\/[^\s/@:]*:[^\s/@]*@/g, '://[hidden]@'],
  [/\n - detail: .*/g, ''], // PostgreSQL quotes the row there
]
/** What every one of those looks has: most texts have none of it. */
const SUSPECT = /eyJ|bearer|-----BEGIN|:\/\/|- detail:/i
/** What looks like a secret goes, wherever it was quoted. */
const scrub = (text: string): string =>
  !SUSPECT.test(text) ? text : looks.reduce((rest, [look, instead]) => rest.replace(look, instead), text)
