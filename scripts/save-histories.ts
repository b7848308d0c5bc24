import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { record } from '../workflows/testing-histories.ts'

/** Where the histories are that every change of a definition has to be able to go on with. */
const FOLDER = join(import.meta.dirname, '../workflows/definitions/histories')

mkdirSync(FOLDER, { recursive: true })
const histories = await record()
for (const name of readdirSync(FOLDER)) rmSync(join(FOLDER, name))
for (const [name, history] of histories) writeFileSync(join(FOLDER, `${name}.json`), `${history}\n`)
console.log(`${histories.size} histories are in workflows/definitions/histories/.`)
