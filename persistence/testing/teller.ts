import type { Envelope } from '../../client-sdk/contract/index.ts'
import { openDatabase } from '../database.ts'
import { follow } from '../followers.ts'
import { given, say } from './child.ts'

/** Says the seqs that it is told, and is not done with them until its process ends. */
const { url, ...how } = given<{ url: string; name: string; silence: number }>()
const db = await openDatabase({ url })
const forever = new Promise<never>(() => {})
const teller = {
  ...how,
  async begin() {},
  tell(events: Envelope[]) {
    say(events.map(({ seq }) => seq))
    return forever
  },
}
follow(db, teller, 20)
setInterval(() => {}, 60_000)
say('begun')
