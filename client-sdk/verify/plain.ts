/** Control characters, and those that change the direction of text or cannot be seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu
/** Text of a file as it may go to a terminal: what would steer it is shown as its number. */
export const plain = (text: string): string => text.replace(UNSEEN, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)

/** JSON in ASCII, on one line. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
