import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mailKinds } from '../../client-sdk/contract/index.ts'
import { type Addressee, render, STRANGER } from './render.ts'
import { type Template, template } from './templates/template.ts'

const LINKS = { publicUrl: 'https://parley.test', app: 'https://app.parley.test' }
const KEY = '0b7d5f0e-1111-4222-8333-444455556666'
const READER: Addressee = { name: 'Ada', language: 'en', timeZone: 'Europe/Kyiv', mailKey: KEY }

type Data = { name: string; title: string }
const says = ({ name, title }: Data) => ({
  subject: `${name} about ${title}`,
  paragraphs: [`${name} has said something.`, title],
  lead: { says: `Look at ${title}`, path: '/rooms/1' },
})
const of = (kind: Template<Data>['kind']): Template<Data> => template<Data>({ kind, en: says, uk: says })

/** What a browser shows of it, line by line, a link as its words and where it leads. */
const shown = (html: string): string[] => {
  const decoded = (text: string) => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
  return Array.from(html.matchAll(/<p style="[^"<>]*">(.*?)<\/p>/gs), ([, its]) => {
    const [, to, words] = /^<a href="([^"]*)" style="[^"<>]*">([^<>]*)<\/a>$/.exec(its!) ?? []
    return to === undefined ? decoded(its!) : `${decoded(words!)}: ${decoded(to)}`
  })
}
const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '' && line !== '-- ')
/** The tags of it, as they stand: all of them ours. */
const tags = (html: string) => html.match(/<[^>]*>/g)!.map((tag) => tag.replace(/ href="[^"<>]*"/, ''))

const HARD = ['<script>alert(1)</script>', `"'>&amp;`, '\r\nBcc: eve@example.org\r\n\r\n', '\u202egnp.exe', '\u2066\u2029-- \n', '\0\ud800']
const hard = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...HARD)).map((all) => all.join('a')),
)

describe('whatever is in a name', () => {
  test('the mail has the lines and the tags that it has with any other, and both of its parts say the same', () => {
    const plain = render(LINKS, READER, of('offers'), { name: 'Bo', title: 'A' })
    fc.assert(
      fc.property(hard, hard, fc.constantFrom('en', 'uk', 'uk-UA', 'pt-BR'), (name, title, language) => {
        const data = { name: `x${name}`, title: `x${title}` }
        const { subject, text, html } = render(LINKS, { ...READER, language }, of('offers'), data)
        expect(lines(text)).toHaveLength(lines(plain.text).length)
        expect(shown(html)).toEqual(lines(text))
        expect(tags(html).slice(2)).toEqual(tags(plain.html).slice(2)) // those before have the language
        for (const part of [subject, text.replaceAll('\n', ''), html.replaceAll('\n', '')])
          expect(part).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u)
        expect(subject).not.toContain('\n')
      }),
    )
  })
})

test('HTML says its language, and fetches and runs nothing', () => {
  const { html } = render(LINKS, { ...READER, language: 'uk-UA' }, of('digest'), { name: 'Bo', title: 'A' })
  expect(html).toMatch(/^<!doctype html>\n<html lang="uk" dir="ltr">/)
  expect(html).not.toMatch(/<script|<img|<link|<style|<iframe|\son\w+=|\ssrc=|@import|url\(/i)
})

test('a footer says why it comes and where its kind is ended, to whoever has a key, and of a kind that can be', () => {
  for (const kind of mailKinds) {
    const { text, html } = render(LINKS, READER, of(kind), { name: 'Bo', title: 'A' })
    const [, footer] = text.split('\n-- \n')
    expect(footer).toMatch(/^You get this because mails about .+ are on for you\.\nEnd mails of this kind: https:/)
    expect(footer).toContain(`https://parley.test/unsubscribe/${KEY}/${kind}\n`)
    expect(html).toContain(`<a href="https://parley.test/unsubscribe/${KEY}/${kind}"`)
  }
  for (const { text } of [
    render(LINKS, READER, of(null), { name: 'Bo', title: 'A' }),
    render(LINKS, STRANGER, of('offers'), { name: 'Bo', title: 'A' }),
  ])
    expect(text).not.toMatch(/unsubscribe|-- /)
})

test('its button leads into the app, and is not there where no app is known', () => {
  expect(render(LINKS, READER, of(null), { name: 'Bo', title: 'A' }).text).toMatch(/^Look at A: https:\/\/app\.parley\.test\/rooms\/1$/m)
  expect(render({ ...LINKS, app: null }, READER, of(null), { name: 'Bo', title: 'A' }).html).not.toContain('Look at A')
})

test('moments are in the reader’s language and time zone, which they are told', () => {
  const told = template<{ at: string }>({
    kind: null,
    en: ({ at }, reader) => ({ subject: reader.at(at), paragraphs: [reader.day('2026-11-21'), reader.count(1_234_567)] }),
    uk: ({ at }, reader) => ({ subject: reader.at(at), paragraphs: [reader.day('2026-11-21'), reader.count(1_234_567)] }),
  })
  const at = '2026-11-21T22:30:00Z'
  const en = render(LINKS, READER, told, { at })
  const uk = render(LINKS, { ...READER, language: 'uk' }, told, { at })
  expect(en).toMatchObject({ subject: 'Nov 22, 2026, 12:30 AM (Europe/Kyiv)', text: 'Nov 21, 2026\n\n1,234,567\n', language: 'en' })
  expect(uk).toMatchObject({ subject: expect.stringMatching(/^22 лист\. 2026.* 00:30 \(Europe\/Kyiv\)$/), language: 'uk' })
  expect(uk.text).toMatch(/^21 лист\. 2026 р\.\n\n1 234 567\n$/)
})
