import { z } from 'zod'
import { text } from './define.ts'

/** What cannot be seen, turns the direction of what follows, or breaks the line: two names that look alike must be alike. */
const HIDDEN = /\p{Cc}|\p{Cf}|\p{Co}|\p{Cn}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}/u
/** Joiners are letters of their own where they part or join those of such scripts; and emoji are made with them. */
const JOINED =
  /(?<=[\p{sc=Arabic}\p{sc=Deva}\p{sc=Beng}\p{sc=Guru}\p{sc=Gujr}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Mlym}\p{sc=Sinh}])[\u200c\u200d]|\p{RGI_Emoji}|(?<=\p{Emoji})\ufe0f/gv
/** Scripts whose letters pass for each other's. One word has letters of one of them (UTS #39, section 5.2, but for words). */
const LOOKALIKES = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u, /\p{Script=Cherokee}/u]
const isOneScript = (word: string) => LOOKALIKES.filter((script) => script.test(word)).length <= 1
/** More marks on one letter than any language has. */
const TOWER = /\p{M}{5}/u

/** Whether a name shows what it is: no invisible signs, no letters of one script that pass for another's. */
export const isPlainName = (s: string): boolean =>
  !HIDDEN.test(s.replace(JOINED, '')) && !TOWER.test(s) && s.split(/[^\p{L}\p{M}\p{N}]+/u).every(isOneScript)

/** What people and things are called, on one line, composed (NFC), without spaces around it. `max` in UTF-16 units. */
export const name = (max: number) =>
  z
    .string()
    .max(max)
    .overwrite((s) => (s.isWellFormed() ? s.normalize('NFC').trim() : s))
    .pipe(text(max).refine(isPlainName, 'has signs that hide, or that pass for others'))
