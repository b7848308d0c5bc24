#!/usr/bin/env node
import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { asciiJson, plain } from './plain.ts'
import { type Trust, verifyProof } from './verify-proof.ts'
import { wordsOf } from './words.ts'

const USAGE = `parley-verify FILE --key KID [--key KID …] [--seen SEQ:HASH …] [--json]

Checks a proof that a Parley hub exported, without asking anybody. FILE may be - for standard input.
  --key   the id of a key that you trust, from the hub's /.well-known/parley-checkpoint-keys.json or, better, from somewhere else
  --seen  a checkpoint that you kept: the file must have had this hash (64 hexadecimal digits) at this seq
  --json  one line of JSON in place of words
Ends with 0 where the file verifies, 1 where it does not, 2 where it could not be checked.
`

type Order = Trust & { file: string; json: boolean }

/** Ids of keys may begin with a dash, which would be an option. */
const joined = (args: readonly string[]): string[] =>
  args.flatMap((arg, i) => (args[i - 1] === '--key' ? [] : arg === '--key' && i + 1 < args.length ? [`--key=${args[i + 1]}`] : [arg]))

/** Or what is wrong with it. */
function orderFrom(args: string[]): Order | string {
  try {
    const { values, positionals } = parseArgs({
      args: joined(args),
      allowPositionals: true,
      options: { key: { type: 'string', multiple: true }, seen: { type: 'string', multiple: true }, json: { type: 'boolean' } },
    })
    const [file, ...others] = positionals
    const { key: pinned = [], seen = [], json = false } = values
    const noKey = pinned.find((kid) => !/^[\w-]{43}$/.test(kid))
    const noCheckpoint = seen.find((it) => !/^[1-9]\d{0,14}:[0-9a-f]{64}$/.test(it))
    if (!file) return 'There is no FILE to check.'
    if (others.length > 0) return `One FILE at a time: what is “${others[0]}”?`
    if (pinned.length === 0) return 'A --key is missing: whose signature is to be trusted?'
    if (noKey !== undefined) return `“${noKey}” is no id of a key: that has 43 letters, digits, - and _.`
    if (noCheckpoint !== undefined) return `“${noCheckpoint}” is no checkpoint: SEQ:HASH.`
    return { file, pinned, json, seen: seen.map((it) => ({ seq: Number(it.split(':')[0]), hash: it.split(':')[1]! })) }
  } catch (error) {
    return error instanceof Error ? `${error.message.split('. ')[0]}.` : String(error)
  }
}

const args = process.argv.slice(2)
const order = args.includes('--help') ? null : orderFrom(args)
if (order === null) {
  process.stdout.write(USAGE)
} else if (typeof order === 'object') {
  try {
    const result = await verifyProof(order.file === '-' ? process.stdin : createReadStream(order.file), order)
    process.stdout.write(order.json ? `${asciiJson(result)}\n` : wordsOf(result))
    process.exitCode = result.ok ? 0 : 1
  } catch (error) {
    process.stderr.write(`${plain(`${order.file} cannot be read: ${error instanceof Error ? error.message : error}`)}\n`)
    process.exitCode = 2
  }
} else {
  process.stderr.write(`${plain(order)}\n\n${USAGE}`)
  process.exitCode = 2
}
