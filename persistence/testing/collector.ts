import { openDatabase } from '../database.ts'
import { follow } from '../followers.ts'
import { query } from '../sql.ts'
import { given, say } from './child.ts'

/** Says when it has begun, and the size of each batch. A follower that writes each event into the table `collected`, in its cursor's transaction, and takes its time. */
const { url, name, shards, batch } = given<{ url: string; name: string; shards: number; batch: number }>()
const db = await openDatabase({ url })
const following = follow(
  db,
  {
    name,
    shards,
    batch,
    async handle(em, events) {
      await query(em, 'insert into collected (who, stream_id, seq) select $1, s, q from unnest($2::uuid[], $3::bigint[]) as u (s, q)', [
        `${name}/${process.pid}`,
        events.map((e) => e.roomId),
        events.map((e) => e.seq),
      ])
      await query(em, 'select pg_sleep(0.002)', [])
      say(events.length)
    },
  },
  5,
)
process.once('SIGTERM', () => void following.stop().then(() => db.close()))
say('begun')
