import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where what takes long to bring or to make is kept for every checkout on this machine. It may be emptied at any time. */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley')
