import pg from 'pg'
import { serve } from './child.ts'
import { plainServer, type Said, Seqs } from './plain.ts'

const TABLE = `create table if not exists said (room_id uuid, seq bigint, id uuid not null unique, sender text not null, text text not null,
  at timestamptz not null default now(), primary key (room_id, seq))`
const INSERT = `insert into said (room_id, seq, id, sender, text)
  select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[])`

type Waiting = Said & { seq: number; done(seq: number): void; fail(error: unknown): void }

/** The bare server and one multi-row INSERT in flight: what arrives meanwhile goes into the next. */
await serve(async (http, { databaseUrl }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
  await pool.query(TABLE)
  const seqs = new Seqs()
  let queue: Waiting[] = []
  let isRunning = false

  async function drain(): Promise<void> {
    isRunning = true
    while (queue.length > 0) {
      const batch = queue
      queue = []
      const columns = [batch.map((m) => m.roomId), batch.map((m) => m.seq), batch.map((m) => m.commandId), batch.map((m) => m.from)]
      try {
        await pool.query({ name: 'insert', text: INSERT, values: [...columns, batch.map((m) => m.text)] })
        for (const { seq, done } of batch) done(seq)
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    isRunning = false
  }

  const io = plainServer(http, {
    async join({ roomId, after }) {
      const head = seqs.last(roomId)
      if (after === undefined) return { head, events: [] }
      const { rows } = await pool.query({
        name: 'missed',
        text: 'select room_id, seq::int, id, sender, at, text from said where room_id = $1 and seq > $2 order by seq',
        values: [roomId, after],
      })
      return { head, events: rows }
    },
    send: (said) =>
      new Promise((done, fail) => {
        queue.push({ ...said, seq: seqs.next(said.roomId), done, fail })
        if (!isRunning) void drain()
      }),
  })
  return async () => {
    await io.close()
    await pool.end()
  }
})
