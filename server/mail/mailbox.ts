import { z } from 'zod'
import { MailId, ParleyError } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import { oneMail, type WaitingMail, waitingMail } from '../../persistence/mail.ts'
import { isLoopback } from '../config.ts'
import { layout, policy } from '../docs/layout.ts'
import { escaped } from '../docs/markdown.ts'
import { route, router } from '../route.ts'

const MOST = 200

const mailboxRoute = route({
  id: 'dev.mailbox',
  summary: 'Mail that the embedded mode would have sent.',
  hide: true,
  method: 'get',
  path: '/dev/mailbox',
  allow: 'anyone',
  responses: { 200: { description: 'The newest first', content: { 'text/html': { schema: z.string() } } } },
})

const mailRoute = route({
  id: 'dev.mail',
  summary: 'One of them, as mail programs show it.',
  hide: true,
  method: 'get',
  path: '/dev/mailbox/{mailId}',
  allow: 'anyone',
  request: { params: z.object({ mailId: MailId }) },
  responses: { 200: { description: 'Its HTML', content: { 'text/html': { schema: z.string() } } } },
})

/** A mail may have its styles, and nothing else: no script of it runs, nothing is fetched or sent, and it is of no origin of ours. */
export const mailPolicy = policy(
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
)

/** For the embedded mode alone, where no one but this machine gets in: mail has codes that let in whoever reads them. */
export const mailboxRoutes = router()
  .openapi(mailboxRoute, async (c) => {
    assertOurs(c.req.url)
    return c.html(page(await waitingMail(c.var.house.db.pool, MOST)), 200)
  })
  .openapi(mailRoute, async (c) => {
    assertOurs(c.req.url)
    const mail = await oneMail(c.var.house.db.pool, c.req.valid('param').mailId)
    if (!mail?.html) throw notFound('mail')
    return c.html(mail.html, 200)
  })

/** A page of elsewhere whose name was made to mean this machine asks by that name. */
function assertOurs(url: string): void {
  if (!isLoopback(new URL(url).hostname)) throw new ParleyError('resource.notFound', 'There is nothing here')
}

const page = (mails: readonly WaitingMail[]) =>
  layout(
    'Parley: mail',
    `<p>What would have been sent, the newest first. Nothing leaves this machine.
${mails.map(article).join('') || '<p>There is none yet.\n'}`,
  )

function article({ id, at, to, subject, text, html, kind, language }: WaitingMail): string {
  const about = [`<time>${at}</time>`, `kind: ${escaped(kind ?? 'none')}`, ...(language ? [`language: ${escaped(language)}`] : [])]
  if (html) about.push(`<a href="/dev/mailbox/${escaped(id)}">as HTML</a>`)
  const lang = language ? ` lang="${escaped(language)}"` : ''
  return `<article>
<h2${lang}>${escaped(subject)}</h2>
<p>To ${escaped(to)}, ${about.join(', ')}</p>
<pre${lang}>${escaped(text)}</pre>
</article>
`
}
