import { openDatabase } from '../database.ts'
import { follow } from '../followers.ts'
import { given, say } from './child.ts'

/** Says the seqs that it is told, and is not done with them until its process ends. */
const { url, ...how } = given<{ url: string; name: string; silence: number }>()
const db = await openDatabase({ url })
const forever = new Promise<never>(() => {})
follow(db, { ...how, begin: async () => {}, tell: (events) => (say(events.map(({ seq }) => seq)), forever) }, 20)
setInterval(() => {}, 60_000)
say('begun')
