import { z } from 'zod'
import { MailKind } from '../../client-sdk/contract/index.ts'
import { layout } from '../docs/layout.ts'
import { escaped } from '../docs/markdown.ts'
import { route, router } from '../route.ts'
import { kindsInWords, type MailLanguage } from './kinds-in-words.ts'
import { changeMailKind, type MailStanding, readMailKind } from './unsubscribe.ts'

/** `mailKey`: as the mail has it. It is a secret of whoever got that. */
const Which = z.object({ mailKey: z.uuid().describe('As the mail has it'), kind: MailKind })
/** `again`: to have them back. Whatever else is sent ends them, as mail programs send what they like (RFC 8058 has `List-Unsubscribe=One-Click`). */
const Wish = z.object({ 'List-Unsubscribe': z.string().optional(), again: z.literal('yes').optional() })
const PATH = '/unsubscribe/{mailKey}/{kind}'
const html = { 'text/html': { schema: z.string() } }

const askRoute = route({
  id: 'mail.askUnsubscribe',
  summary: 'A page, for whoever follows the link of a mail: which kind of mail would end. It changes nothing.',
  method: 'get',
  path: PATH,
  allow: 'anyone',
  fails: ['resource.notFound', 'rate.limited'],
  request: { params: Which },
  responses: { 200: { description: 'A page with one button', content: html } },
})

const unsubscribeRoute = route({
  id: 'mail.unsubscribe',
  summary: 'Ends a kind of mail, or has it again, without a session: by a mail program’s one click (RFC 8058), or the page’s button.',
  method: 'post',
  path: PATH,
  allow: 'anyone',
  fails: ['resource.notFound', 'rate.limited'],
  request: {
    params: Which,
    body: {
      description: 'Nothing, or what ends it; `again=yes` has it again',
      content: { 'application/x-www-form-urlencoded': { schema: Wish }, 'multipart/form-data': { schema: Wish } },
    },
  },
  responses: { 200: { description: 'It is so; a page that offers the opposite', content: html } },
})

export const unsubscribeRoutes = router()
  .openapi(askRoute, async (c) => {
    const which = c.req.valid('param')
    return c.html(page(which.kind, await readMailKind(c.var.ctx, which)), 200)
  })
  .openapi(unsubscribeRoute, async (c) => {
    const which = c.req.valid('param')
    const isOn = c.req.valid('form').again === 'yes'
    return c.html(page(which.kind, await changeMailKind(c.var.ctx, which, isOn), WORDS.done), 200)
  })

type Said = Record<MailLanguage, string>
const WORDS = {
  title: { en: 'Mails of Parley', uk: 'Листи від Parley' },
  done: { en: 'Done.', uk: 'Готово.' },
  on: { en: 'You get mails about', uk: 'Ви отримуєте листи про:' },
  off: { en: 'You get no more mails about', uk: 'Ви більше не отримуєте листів про:' },
  end: { en: 'End these mails', uk: 'Не отримувати цих листів' },
  again: { en: 'Have them again', uk: 'Отримувати їх знову' },
  other: { en: 'Mails of other kinds stay as they are.', uk: 'З листами про інше все лишається як є.' },
} as const satisfies Record<string, Said>

/** The form goes where the page came from. */
function page(kind: MailKind, { isOn, language }: MailStanding, done?: Said): string {
  const say = (words: Said) => escaped(words[language])
  const about = escaped(kindsInWords[language][kind])
  const wish = isOn ? '<input type="hidden" name="List-Unsubscribe" value="One-Click">' : '<input type="hidden" name="again" value="yes">'
  const body = `<p role="status">${done ? `${say(done)} ` : ''}${say(isOn ? WORDS.on : WORDS.off)} ${about}.
<form method="post">${wish}<button>${say(isOn ? WORDS.end : WORDS.again)}</button></form>
<p>${say(WORDS.other)}
`
  return layout(WORDS.title[language], body, language)
}
