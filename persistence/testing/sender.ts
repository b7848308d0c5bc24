import { openDatabase } from '../database.ts'
import type { Entry } from '../event-log.ts'
import { given, say } from './child.ts'

/** Submits one entry. With `dies`, it is killed when the entry is on disk and nobody has been told. */
const { url, entry, dies } = given<{ url: string; entry: Entry; dies: boolean }>()
const db = await openDatabase({ url })
if (dies) db.log.onCommit(() => process.kill(process.pid, 'SIGKILL'))
say(await db.log.submit(entry))
await db.close()
