import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { escaped } from '../docs/markdown.ts'
import type { AppEnv } from '../route.ts'
import { untagged } from './shown.ts'

/** For paper first: A4, black on white, in a type to be read. What people wrote keeps inside its own box. */
const STYLE = `
@page{size:A4;margin:20mm 18mm 18mm}
@page{@bottom-right{content:counter(page) " / " counter(pages);font:8pt system-ui,Arial,sans-serif;color:#4a505c}}
*{box-sizing:border-box}
html{color-scheme:light;background:#e9ebef}
body{margin:1.5rem auto;max-width:50rem;padding:3.5rem 4rem;background:#fff;color:#16191f;font:1rem/1.5 Georgia,"Times New Roman",serif;overflow-wrap:anywhere}
header{border-bottom:2px solid #16191f;padding-bottom:1rem;margin-bottom:1.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem}
h2{font:600 1.05rem/1.3 system-ui,"Segoe UI",Arial,sans-serif;margin:2rem 0 .6rem;break-after:avoid}
h3{font:600 .95rem/1.4 system-ui,"Segoe UI",Arial,sans-serif;margin:1.2rem 0 .4rem;break-after:avoid}
p{margin:.4rem 0}
.lead{font-size:1.1rem;margin:0}
small,.note{font:.82rem/1.45 system-ui,"Segoe UI",Arial,sans-serif;color:#4a505c}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
th,td{text-align:start;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid #d4d8df}
th{font:600 .82rem/1.5 system-ui,"Segoe UI",Arial,sans-serif;color:#4a505c}
thead th{overflow-wrap:normal}
th[scope=row]{width:11rem}
.no{width:3rem}
td.n,th.n{text-align:end;white-space:nowrap;font-variant-numeric:tabular-nums}
td table{margin:0}
td table tr:last-child>*{border-bottom:0}
tr,li.step{break-inside:avoid}
thead{display:table-header-group}
code{font:.82rem/1.45 ui-monospace,Consolas,monospace}
.words{white-space:pre-wrap;overflow:hidden;unicode-bidi:isolate}
bdi{unicode-bidi:isolate}
.unseen{font:.7em ui-monospace,Consolas,monospace;border:1px solid currentColor;border-radius:.2em;padding:0 .25em;white-space:nowrap}
.box{border:1px solid #16191f;padding:.8rem 1rem;margin:1.2rem 0;break-inside:avoid}
ol.clauses>li{margin:.5rem 0;padding-inline-start:.3rem}
ol.steps{list-style:none;margin:0;padding:0}
ol.steps>li{border-top:1px solid #d4d8df;padding:.6rem 0}
ol.steps>li.talk{color:#4a505c;font:.82rem/1.45 system-ui,"Segoe UI",Arial,sans-serif}
footer{margin-top:2.5rem;border-top:1px solid #d4d8df;padding-top:.6rem}
@media screen and (max-width:45rem){
body{padding:1.5rem 1.2rem;margin:0;font-size:.95rem}
th,td{min-width:5.2rem}
th.n,td.n{min-width:0}
th[scope=row]{width:auto}
table:has(td>table)>tbody,table:has(td>table)>tbody>tr,table:has(td>table)>tbody>tr>*{display:block}
table:has(td>table)>tbody>tr>th{border:0;padding-bottom:0}
}
@media print{html{background:none}body{margin:0;max-width:none;padding:0;font-size:10.5pt}h1{font-size:19pt}}
`
const HASH = createHash('sha256').update(STYLE).digest('base64')
/** A page may use this style, and nothing else at all. It says so itself, too: it is kept as a file, or shown by an app. */
const INSIDE = `default-src 'none'; style-src 'sha256-${HASH}'; base-uri 'none'; form-action 'none'`

/** Stands before what forbids everything, and so has the last word. */
export const printPolicy: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  if (c.res.status === 200) c.header('Content-Security-Policy', `${INSIDE}; frame-ancestors 'none'`)
}

/** A page to print or to keep. It needs nothing from elsewhere and runs nothing. `body` is HTML. */
export const printed = (title: string, body: string): string => `<!doctype html>
<html lang="en" dir="ltr">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(INSIDE)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${untagged(title)}</title>
<style>${STYLE}</style>
${body}</html>
`
