import { escaped } from '../docs/markdown.ts'

/** A line of a mail; with `to`, one that leads there. */
export type Block = { says: string; to?: string }
type Laid = { subject: string; language: string; body: readonly Block[]; footer: readonly Block[] }

/** The sign before a footer, by which mail programs know one (RFC 3676, section 4.3). */
const DASHES = '-- '

export function toText({ body, footer }: Laid): string {
  const line = ({ says, to }: Block) => (to === undefined ? says : `${says}: ${to}`)
  const end = footer.length > 0 ? `\n${DASHES}\n${footer.map(line).join('\n')}\n` : ''
  return `${body.map(line).join('\n\n')}\n${end}`
}

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'
const P = 'margin:0 0 16px'
const BUTTON = 'display:inline-block;padding:12px 20px;border-radius:6px;background-color:#0b57d0;color:#ffffff;text-decoration:none'
const SMALL = 'margin:0 0 4px;font-size:14px;line-height:20px;color:#4a5160'

/** The same in HTML. Mail programs know little of it: every style stands at its element, and nothing is fetched from anywhere. */
export const toHtml = ({ subject, language, body, footer }: Laid): string => `<!doctype html>
<html lang="${escaped(language)}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(subject)}</title>
</head>
<body style="margin:0;padding:24px 16px;background-color:#ffffff;color:#1b1f27;font-size:16px;line-height:24px;${FONT}">
<div role="main" style="max-width:560px;margin:0 auto">
${body.map((block) => paragraph(block, P, BUTTON)).join('\n')}
</div>
${footer.length > 0 ? foot(footer) : ''}</body>
</html>
`

const foot = (
  footer: readonly Block[],
) => `<div role="contentinfo" style="max-width:560px;margin:24px auto 0;padding-top:16px;border-top:1px solid #d5d9e0">
${footer.map((block) => paragraph(block, SMALL, 'color:#0b57d0')).join('\n')}
</div>
`

const paragraph = ({ says, to }: Block, style: string, linkStyle: string): string => {
  const words = escaped(says)
  return `<p style="${style}">${to === undefined ? words : `<a href="${escaped(to)}" style="${linkStyle}">${words}</a>`}</p>`
}
