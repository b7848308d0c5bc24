import type { CampaignMove } from '../../../client-sdk/contract/index.ts'
import { type For, template } from './template.ts'

/** `isDeal`: what its reader applied with has come to a deal. Both dates are moments. */
type Data = {
  campaignId: string
  campaign: string
  brand: string
  move: CampaignMove
  applyBy: string | null
  decideBy: string | null
  isDeal: boolean
}
type Says = Record<'subject' | 'change' | 'yours', string>

function inEnglish({ campaign, brand, move, applyBy, decideBy, isDeal }: Data, { at }: For): Says {
  const until = decideBy === null ? '' : ` by ${at(decideBy)}`
  const its = `The campaign “${campaign}” of ${brand}`
  const decided = isDeal
    ? 'Your deal stands as it is.'
    : `${brand} decides about your application${until}. What is not decided by then expires.`
  if (move === 'reopen') {
    const open = applyBy === null ? '' : `, until ${at(applyBy)}`
    return { subject: `“${campaign}” takes applications again`, change: `${its} takes applications again${open}.`, yours: decided }
  }
  if (move === 'cancel') {
    const yours = isDeal ? 'What you have agreed on stands until you both cancel it.' : 'With that your application is declined.'
    return { subject: `“${campaign}” was cancelled`, change: `${its} was cancelled.`, yours }
  }
  if (move === 'complete') {
    const yours = 'Your deal was carried out. You can still read all of it, and export its proof.'
    return { subject: `“${campaign}” is completed`, change: `${its} is completed.`, yours }
  }
  return { subject: `“${campaign}” takes no more applications`, change: `${its} takes no more applications.`, yours: decided }
}

function inUkrainian({ campaign, brand, move, applyBy, decideBy, isDeal }: Data, { at }: For): Says {
  const until = decideBy === null ? '' : ` до ${at(decideBy)}`
  const its = `Кампанія «${campaign}» бренду ${brand}`
  const decided = isDeal ? 'Ваша угода лишається як є.' : `${brand} ухвалить рішення щодо вашої заявки${until}. Без рішення заявка спливає.`
  if (move === 'reopen') {
    const open = applyBy === null ? '' : `, до ${at(applyBy)}`
    return { subject: `«${campaign}» знову приймає заявки`, change: `${its} знову приймає заявки${open}.`, yours: decided }
  }
  if (move === 'cancel') {
    const yours = isDeal ? 'Те, про що ви домовилися, чинне, доки ви обоє це не скасуєте.' : 'Разом з цим вашу заявку відхилено.'
    return { subject: `«${campaign}» скасовано`, change: `Кампанію «${campaign}» бренду ${brand} скасовано.`, yours }
  }
  if (move === 'complete') {
    const yours = 'Вашу угоду виконано. Ви й далі можете прочитати все й експортувати її доказ.'
    return { subject: `«${campaign}» завершено`, change: `Кампанію «${campaign}» бренду ${brand} завершено.`, yours }
  }
  return { subject: `«${campaign}» більше не приймає заявок`, change: `${its} більше не приймає заявок.`, yours: decided }
}

const leading = ({ subject, change, yours }: Says, says: string, campaignId: string) => ({
  subject,
  paragraphs: [change, yours],
  lead: { says, path: `/campaigns/${campaignId}` },
})

/** To each who has applied: what has become of the campaign, and what that is for them. */
export const campaignMoved = template<Data>({
  kind: 'applications',
  en: (data, reader) => leading(inEnglish(data, reader), 'See the campaign', data.campaignId),
  uk: (data, reader) => leading(inUkrainian(data, reader), 'Переглянути кампанію', data.campaignId),
})
