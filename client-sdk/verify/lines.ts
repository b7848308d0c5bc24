/** The longest that a line may be, with its line feed, in bytes. */
const LINE_MAX = 16_777_216
const LF = 10

/** A line without its line feed; `isWhole` where it has one, and is not too long. */
export type Line = { bytes: Uint8Array; isWhole: boolean }

/** Cuts a file that comes in pieces into its lines. No more than a line is kept, and nothing follows one that is not whole. */
export async function* linesOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let begun: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      const bytes = Buffer.concat([...begun, chunk.subarray(from, end)])
      yield { bytes, isWhole: bytes.length < LINE_MAX }
      if (bytes.length >= LINE_MAX) return
      begun = []
      length = 0
      from = end + 1
    }
    if (from === chunk.length) continue
    begun.push(chunk.subarray(from))
    length += chunk.length - from
    if (length >= LINE_MAX) break
  }
  if (length > 0) yield { bytes: Buffer.concat(begun), isWhole: false }
}
