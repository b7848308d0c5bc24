import { canonical, type Json } from './canonical.ts'
import type { ActorKey, CommandId, EventId, StreamId } from './ids.ts'
import { formatUuid, HEX } from './uuid.ts'

/** The primitives, given from outside: Node's crypto on the server, its own of what it needs in the SDK. */
export type Digest = {
  sha1(bytes: Uint8Array): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array
}

/** One event as the chain sees it. `type`, `actor` and `at` are text exactly as signed; `at` is UTC to the millisecond. */
export type Header = { stream: StreamId; seq: number; id: EventId; type: string; version: number; actor: ActorKey; at: string }

const utf8 = new TextEncoder()
const NOTHING = new Uint8Array(32)

/** The hash before a stream's first event. */
export const genesis = (d: Digest, stream: StreamId): Uint8Array => d.sha256(utf8.encode(`parley/genesis/1${stream}`))

/** C(part): binds the exact bytes of a part without showing them; 32 zero bytes where there is none. */
export const commitment = (d: Digest, part: string | null, salt: Uint8Array | null): Uint8Array =>
  part === null || salt === null ? NOTHING : d.hmacSha256(salt, utf8.encode(part))

/** The hash of an event: everything before it, its header, and what its two parts commit to. */
export function link(d: Digest, previous: Uint8Array, header: Header, deal: Uint8Array, personal: Uint8Array): Uint8Array {
  const head = utf8.encode(canonical(header as unknown as Json))
  return d.sha256(concat(utf8.encode('parley/event/1'), previous, head, deal, personal))
}

/** The id of a command's nth event: UUIDv5 (RFC 9562) with the command's id as name space and `actor/n` as name. */
export function eventId(d: Pick<Digest, 'sha1'>, command: CommandId, actor: ActorKey, n: number): EventId {
  const name = `${actor}/${n}`
  const bytes = new Uint8Array(16 + name.length)
  for (let i = 0, at = 0; i < 16; i++, at += 2) {
    if (command.charCodeAt(at) === DASH) at++
    bytes[i] = (nibble(command.charCodeAt(at)) << 4) | nibble(command.charCodeAt(at + 1))
  }
  for (let i = 0; i < name.length; i++) bytes[16 + i] = name.charCodeAt(i) // it is ASCII
  return formatUuid(d.sha1(bytes), 5) as EventId
}

const DASH = 45
/** Of a lower-case hexadecimal digit. */
const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87)

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}
/** Throws a `TypeError` on anything but pairs of hexadecimal digits. */
export function unhex(s: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(s)) throw new TypeError('Not hexadecimal')
  return Uint8Array.from({ length: s.length / 2 }, (_, i) => Number.parseInt(s.slice(2 * i, 2 * i + 2), 16))
}
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])
