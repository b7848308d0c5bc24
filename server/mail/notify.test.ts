import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NewMail, queueMail, waitingMail } from '../../persistence/mail.ts'
import { invite, makeTeam } from '../brands/testing.ts'
import { inviteCreator } from '../campaigns/guests.ts'
import { published } from '../campaigns/testing.ts'
import { changeSettings } from '../people/settings.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { notify } from './notify.ts'
import { template } from './templates/template.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const NEWS = template<{ what: string }>({
  kind: 'offers',
  en: ({ what }, { name }) => ({ subject: `News of ${what}`, paragraphs: [`Dear ${name}.`] }),
  uk: ({ what }, { name }) => ({ subject: `Новини: ${what}`, paragraphs: [`Шановна пані ${name}.`] }),
})
type More = { once?: (userId: string) => string }
const tell = (people: readonly TestPerson[], more: More = {}) => {
  const ctx = w.asSystem()
  const to = people.map(({ userId }) => userId)
  return ctx.em.transactional((em) => notify(em, ctx, { to, template: NEWS, data: { what: 'a < b' }, ...more }))
}
const mailTo = async ({ email }: { email: string }): Promise<NewMail[]> =>
  (await waitingMail(w.db.pool, 1_000)).filter(({ to }) => to === email)
const settings = { presence: 'shown', profile: 'brands', timeZone: 'Europe/Kyiv' } as const

test('everybody who wants its kind is written to in their language, by their name, and nobody else', async () => {
  const [ada, oksana, without, blocked] = [await w.person('creator', 'Ada & co'), await w.person(), await w.person(), await w.person()]
  await changeSettings(w.as(oksana), { ...settings, language: 'uk' })
  await changeSettings(w.as(without), { notifications: { offers: false } })
  await w.db.pool.query('update person set blocked_at = now() where id = $1', [blocked.userId])
  expect((await tell([ada, oksana, without, blocked])).toSorted()).toEqual([ada.userId, oksana.userId].toSorted())
  expect(await mailTo(ada)).toMatchObject([
    { subject: 'News of a < b', kind: 'offers', language: 'en', html: expect.stringContaining('Dear Ada &#38; co.') },
  ])
  expect(await mailTo(oksana)).toMatchObject([{ subject: 'Новини: a < b', language: 'uk', text: expect.stringContaining('Шановна пані') }])
  for (const person of [without, blocked]) expect(await mailTo(person)).toEqual([])
})

test('whoever was told once by a name is not told again by it, and a name of another is another', async () => {
  const [ada, bo] = [await w.person(), await w.person()]
  const once = (userId: string) => `news:1:${userId}`
  expect(await tell([ada], { once })).toEqual([ada.userId])
  expect(await tell([ada, bo], { once })).toEqual([bo.userId])
  expect([(await mailTo(ada)).length, (await mailTo(bo)).length]).toEqual([1, 1])
})

test('a person whose rows go takes their mails along', async () => {
  const ada = await w.person()
  await tell([ada])
  await w.db.orm.em.fork().transactional((em) => queueMail(em, { to: ada.email, subject: 'An invitation', text: 'To the address' }))
  await w.db.pool.query('delete from person where id = $1', [ada.userId])
  expect(await mailTo(ada)).toMatchObject([{ subject: 'An invitation' }])
})

describe('an invitation', () => {
  test('to a team is in the language of whoever has the address, with the code on a line of its own, and cannot be ended', async () => {
    const team = await makeTeam(w, 'Соняшник')
    const oksana = await w.person('brand')
    await changeSettings(w.as(oksana), { ...settings, language: 'uk-UA' })
    const code = await invite(w, { ...team, role: 'manager' }, oksana)
    const [mail] = await mailTo(oksana)
    expect(mail).toMatchObject({ subject: 'Вас запрошено до команди Соняшник', language: 'uk', kind: null })
    expect(mail!.text).toMatch(new RegExp(`роль: менеджер\\.\n\nВаш код, дійсний .*\\(Europe/Kyiv\\):\n\n${code}\n`))
    expect(mail!.html).toContain(`>${code}</p>`)
    expect(mail!.text + mail!.html).not.toContain('unsubscribe')
    const stranger = { email: 'nobody@example.net' }
    await invite(w, team, stranger)
    expect(await mailTo(stranger)).toMatchObject([{ subject: 'You are invited to the team of Соняшник', language: 'en' }])
  })

  test('to a campaign leads there, in the language of whoever has the address', async () => {
    const team = await makeTeam(w, 'Lumen')
    const { campaignId } = await published(w, team, { visibility: 'invited' })
    const oksana = await w.person()
    await changeSettings(w.as(oksana), { ...settings, language: 'uk' })
    for (const email of [oksana.email, 'stranger@example.net'])
      await inviteCreator(w.as(team.manager), { commandId: commandId(), campaignId, email })
    expect(await mailTo(oksana)).toMatchObject([{ subject: 'Lumen запрошує вас до кампанії', language: 'uk', kind: null }])
    const [mail] = await mailTo({ email: 'stranger@example.net' })
    expect(mail!.text).toContain(`See the campaign: https://app.parley.test/campaigns/${campaignId}`)
  })
})
