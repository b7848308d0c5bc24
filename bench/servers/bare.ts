import { serve } from './child.ts'
import { plainServer, Seqs } from './plain.ts'

/** Nothing stored, nothing checked. */
await serve(async (http) => {
  const seqs = new Seqs()
  const io = plainServer(http, {
    join: async ({ roomId }) => ({ head: seqs.last(roomId), events: [] }),
    send: ({ roomId }) => seqs.next(roomId),
  })
  return () => io.close()
})
