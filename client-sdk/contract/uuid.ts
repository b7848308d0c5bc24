/** A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits. */
export function newId<T extends string>(now = Date.now()): T {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  new DataView(bytes.buffer).setUint32(0, Math.floor(now / 0x10000))
  new DataView(bytes.buffer).setUint16(4, now % 0x10000)
  return formatUuid(bytes, 7) as T
}

/** Each byte in two digits. */
export const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Sixteen bytes as the text of a UUID of this version, variant 1. */
export function formatUuid(bytes: Uint8Array, version: number): string {
  let text = ''
  for (let i = 0; i < 16; i++) {
    const byte = bytes[i]!
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += HEX[i === 6 ? (byte & 0x0f) | (version << 4) : i === 8 ? (byte & 0x3f) | 0x80 : byte]
  }
  return text
}
