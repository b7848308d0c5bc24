import { z } from 'zod'
import { Command, type CommandDef, type EventDef } from '../define.ts'
import { name } from '../names.ts'

/** Lists that administrators keep: what there is to choose from. */
export const CatalogueList = z.enum(['platforms', 'categories'])
export type CatalogueList = z.output<typeof CatalogueList>
/** What an entry is called by programs. It never changes. */
export const CatalogueKey = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/)
export type CatalogueKey = z.output<typeof CatalogueKey>

/** `retired`: what has it keeps it, and nobody chooses it any more. */
export const CatalogueEntry = z.object({ key: CatalogueKey, name: z.string(), retired: z.boolean() })
export type CatalogueEntry = z.output<typeof CatalogueEntry>
/** Each list by name. */
export const Catalogue = z.object({ platforms: z.array(CatalogueEntry), categories: z.array(CatalogueEntry) })
export type Catalogue = z.output<typeof Catalogue>

export const PutEntry = Command.extend({
  list: CatalogueList,
  key: CatalogueKey,
  name: name(80),
  retired: z.boolean().default(false),
})
export type PutEntry = z.output<typeof PutEntry>

export const catalogueCommands = {
  'catalogue.put': { input: PutEntry, output: CatalogueEntry.pick({ key: true }), allow: 'administer' },
} as const satisfies Record<string, CommandDef>

/** On the platform's own stream. */
export const catalogueEvents = {
  'catalogue.changed': { version: 1, deal: z.object({ list: CatalogueList, key: CatalogueKey }), personal: null },
} as const satisfies Record<string, EventDef>
