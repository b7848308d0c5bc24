import { z } from 'zod'
import { ParleyError } from '../../client-sdk/contract/index.ts'
import { type WaitingMail, waitingMail } from '../../persistence/mail.ts'
import { isLoopback } from '../config.ts'
import { layout } from '../docs/layout.ts'
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

/** For the embedded mode alone, where no one but this machine gets in: mail has codes that let in whoever reads them. */
export const mailboxRoutes = router().openapi(mailboxRoute, async (c) => {
  // A page of elsewhere whose name was made to mean this machine asks by that name.
  if (!isLoopback(new URL(c.req.url).hostname)) throw new ParleyError('resource.notFound', 'There is nothing here')
  return c.html(page(await waitingMail(c.var.house.db.pool, MOST)), 200)
})

const page = (mails: readonly WaitingMail[]) =>
  layout(
    'Parley: mail',
    `<p>What would have been sent, the newest first. Nothing leaves this machine.
${mails.map(article).join('') || '<p>There is none yet.\n'}`,
  )

const article = ({ at, to, subject, text }: WaitingMail) => `<article>
<h2>${escaped(subject)}</h2>
<p>To ${escaped(to)}, <time>${at}</time></p>
<pre>${escaped(text)}</pre>
</article>
`
