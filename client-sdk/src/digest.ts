import type { Digest } from '../contract/chain.ts'

/** SHA-1 (RFC 3174), in plain JavaScript: synchronous, in browsers too, also where there is no secure context. For names of UUIDs alone. */
function sha1(bytes: Uint8Array): Uint8Array {
  const length = bytes.length
  const data = new DataView(new ArrayBuffer((((length + 8) >> 6) + 1) << 6))
  for (let i = 0; i < length; i++) data.setUint8(i, bytes[i]!)
  data.setUint8(length, 0x80)
  data.setUint32(data.byteLength - 8, length / 0x2000_0000) // in bits, as 64 of them
  data.setUint32(data.byteLength - 4, length << 3)
  const hash = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0])
  const words = new Int32Array(80)
  for (let at = 0; at < data.byteLength; at += 64) {
    for (let i = 0; i < 80; i++)
      words[i] = i < 16 ? data.getInt32(at + 4 * i) : turned(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1)
    let [a, b, c, d, e] = hash as unknown as [number, number, number, number, number]
    for (let i = 0; i < 80; i++) {
      const mixed =
        i < 20
          ? ((b & c) | (~b & d)) + 0x5a827999
          : i < 40
            ? (b ^ c ^ d) + 0x6ed9eba1
            : i < 60
              ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
              : (b ^ c ^ d) + 0xca62c1d6
      const next = (turned(a, 5) + mixed + e + words[i]!) | 0
      e = d
      d = c
      c = turned(b, 30)
      b = a
      a = next
    }
    ;[a, b, c, d, e].forEach((word, i) => {
      hash[i] = hash[i]! + word
    })
  }
  const digest = new DataView(new ArrayBuffer(20))
  hash.forEach((word, i) => {
    digest.setInt32(4 * i, word)
  })
  return new Uint8Array(digest.buffer)
}

const turned = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** The contract's primitive, as far as the SDK needs it. */
export const digest: Pick<Digest, 'sha1'> = { sha1 }
