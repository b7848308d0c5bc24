/** A text frame from client to server (RFC 6455). The mask is zero, which costs nothing to apply; `text` must be ASCII. */
export function textFrame(text: string): Buffer {
  const { length } = text
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const frame = Buffer.alloc(2 + extended + 4 + length)
  frame[0] = 0x81
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127)
  if (extended === 2) frame.writeUInt16BE(length, 2)
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2)
  frame.write(text, 6 + extended, 'latin1')
  return frame
}

const TEXT = 1
const CLOSE = 8
/** Engine.IO's packet for the end; a WebSocket's own close frame is read as one. */
export const END = '1'

/** Hands every whole text frame in `bytes` to `take`, as Latin-1. Returns how many bytes it used up. */
export function readFrames(bytes: Buffer, take: (text: string) => void): number {
  let at = 0
  while (at + 2 <= bytes.length) {
    const opcode = bytes[at]! & 0x0f
    const short = bytes[at + 1]! & 0x7f
    const extended = short < 126 ? 0 : short === 126 ? 2 : 8
    const begin = at + 2 + extended
    if (begin > bytes.length) break
    const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    if (begin + length > bytes.length) break
    if (opcode === TEXT) take(bytes.toString('latin1', begin, begin + length))
    else if (opcode === CLOSE) take(END)
    else throw new Error(`a frame of opcode ${opcode}: the load generator knows only text`)
    at = begin + length
  }
  return at
}
