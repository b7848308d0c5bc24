import { stripTypeScriptTypes } from 'node:module'

/** A loader for webpack: as Node reads TypeScript itself, so that nothing else that compiles it need be there. Lines stay where they are. */
export default (source: string): string => stripTypeScriptTypes(source)
