import { z } from 'zod'
import { ParleyError, RoomId } from '../../client-sdk/contract/index.ts'
import { route, router } from '../route.ts'
import { exportProof } from './export-proof.ts'

/** Any text to the types, which take this for JSON by its name. */
const JSONL: string = 'application/jsonl'

const proofRoute = route({
  id: 'room.proof',
  summary: 'A room’s whole log as a file that proves itself, for `npx parley-verify`.',
  method: 'get',
  path: '/rooms/{roomId}/proof',
  allow: 'read',
  request: { params: z.object({ roomId: RoomId }) },
  responses: {
    200: {
      description: 'JSON Lines: the keys, the log, its checkpoints, how the deal stands, and a seal over all of it',
      content: { [JSONL]: { schema: z.string() } },
    },
  },
})

/** As long as the log is, so it goes out while it is read. The first piece is here before the answer begins: what refuses it has a status. */
export const proofRoutes = router().openapi(proofRoute, async (c) => {
  const { roomId } = c.req.valid('param')
  const pieces = exportProof(c.var.ctx, roomId)
  const first = await pieces.next()
  const file = streamOf(inBytes(first.value ?? '', pieces, c.var.failed))
  return c.body(file, 200, { 'Content-Type': JSONL, 'Content-Disposition': `attachment; filename="parley-proof-${roomId}.jsonl"` })
})

/** What fails now ends the connection, and the file has no seal. Why it did, only the log is told. */
async function* inBytes(first: string, rest: AsyncGenerator<string, void>, failed: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder()
  try {
    yield utf8.encode(first)
    for await (const piece of rest) yield utf8.encode(piece)
  } catch (error) {
    failed(error)
    throw new Error(error instanceof ParleyError ? error.code : 'server.failed')
  }
}

/** A piece is made when the one before has gone out. */
const streamOf = (pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => void (await pieces.return(undefined)),
    },
    { highWaterMark: 0 },
  )
