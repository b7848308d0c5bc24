import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { descriptions } from '../../client-sdk/contract/descriptions.ts'
import { type ErrorCode, errors } from '../../client-sdk/contract/index.ts'
import type { AppEnv } from '../route.ts'
import { escaped, prose } from './markdown.ts'

const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f27;--soft:#f4f5f8;--line:#d5d9e0;--link:#0b57d0}
@media (prefers-color-scheme:dark){:root{--paper:#12161d;--ink:#e4e7ee;--soft:#1d222c;--line:#3a4150;--link:#8ab4f8}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
p,li{max-width:45rem}
a{color:var(--link)}
nav ul{columns:14rem;margin:0;padding:0;list-style:none}
nav ul.long{columns:auto}
nav h3{margin:1rem 0 0}
nav li{max-width:none}
nav li code{background:none}
section,article{border-top:1px solid var(--line);margin-top:2rem;padding-top:.5rem}
h3{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
code,pre{font:.875rem/1.45 ui-monospace,monospace;background:var(--soft);border-radius:.25rem}
code{padding:.1em .3em;overflow-wrap:break-word}
pre{padding:.75rem;overflow-x:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
td:first-child{white-space:nowrap}
td:nth-child(n+3):last-child{min-width:12rem}
`
/** A page may use this style, and nothing else at all. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** Stands before what forbids everything, and so has the last word. */
export const policy =
  (its: string): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    await next()
    if (c.res.status === 200) c.header('Content-Security-Policy', its)
  }
export const pagePolicy = policy(POLICY)
/** Of a page with a form, which goes nowhere else. */
export const formPolicy = policy(POLICY.replace("form-action 'none'", "form-action 'self'"))

/** A page without scripts and without anything from elsewhere. `body` is HTML. */
export const layout = (title: string, body: string, language = 'en'): string => `<!doctype html>
<html lang="${escaped(language)}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${body}</html>
`

/** The rule of a call, and who that lets through: on the platform, by what they are to the thing, or by kind of room. */
export function allowed(rule: unknown, roles: unknown): string {
  const name = `<p>Who may: <code>${escaped(rule)}</code>`
  if (roles === null) return `${name}, without a session.`
  if (Array.isArray(roles)) return `${name}: ${escaped(roles.join(', '))}.`
  const kinds = Object.entries(roles as Record<string, readonly string[]>)
  return `${name}: ${kinds.map(([kind, its]) => `${its.map(escaped).join(', ')} in a room of kind ${escaped(kind)}`).join('; ')}.`
}

/** Every code, with an anchor each. */
export function errorTable(anchor = ''): string {
  const rows = (Object.keys(errors) as ErrorCode[]).map((code) => {
    const { status, retryable } = errors[code]
    const words = `<td>${prose(descriptions.errors[code])}<td>${prose(descriptions.advice[code] ?? '')}`
    return `<tr id="${anchor}${code}"><td><code>${code}</code><td>${status}<td>${retryable ? 'yes' : 'no'}${words}\n`
  })
  return `<div class="wide"><table><tr><th>Code<th>HTTP status<th>Retryable<th>Meaning<th>What to do\n${rows.join('')}</table></div>`
}
