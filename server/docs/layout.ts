import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { descriptions } from '../../client-sdk/contract/descriptions.ts'
import { type ErrorCode, errors } from '../../client-sdk/contract/index.ts'
import type { AppEnv } from '../route.ts'
import { escaped } from './fields.ts'

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d5d9e0,#3a4150);--soft:light-dark(#f4f5f8,#1d222c);--ink:light-dark(#1b1f27,#e4e7ee);--link:light-dark(#0b57d0,#8ab4f8)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:light-dark(#fff,#12161d)}
a{color:var(--link)}
nav ul{columns:14rem;padding:0;list-style:none}
section{border-top:1px solid var(--line);margin-top:2rem;padding-top:.5rem}
h3{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
code,pre{font:.875rem/1.45 ui-monospace,monospace;background:var(--soft);border-radius:.25rem}
code{padding:.1em .3em;overflow-wrap:anywhere}
pre{padding:.75rem;overflow-x:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
`
/** A page may use this style, and nothing else at all. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** Stands before what forbids everything, and so has the last word. */
export const pagePolicy: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  if (c.res.status === 200) c.header('Content-Security-Policy', POLICY)
}

/** A page without scripts and without anything from elsewhere. `body` is HTML. */
export const layout = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${body}</html>
`

/** What stands in backticks is code. */
export const prose = (text: string) => escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>')

/** By kind of room, by what somebody is to the thing, or on the platform. */
export function who(roles: unknown): string {
  if (roles === null) return 'anyone'
  if (Array.isArray(roles)) return escaped(roles.join(', '))
  const kinds = Object.entries(roles as Record<string, readonly string[]>)
  return kinds.map(([kind, its]) => `${its.map(escaped).join(', ')} in a room of kind ${escaped(kind)}`).join('; ')
}

/** Every code, with an anchor each. */
export function errorTable(anchor = ''): string {
  const rows = (Object.keys(errors) as ErrorCode[]).map((code) => {
    const { status, retryable } = errors[code]
    const meaning = prose(descriptions.errors[code])
    return `<tr id="${anchor}${code}"><td><code>${code}</code><td>${status}<td>${retryable ? 'yes' : 'no'}<td>${meaning}\n`
  })
  return `<div class="wide"><table><tr><th>Code<th>HTTP status<th>Retryable<th>Meaning\n${rows.join('')}</table></div>`
}
