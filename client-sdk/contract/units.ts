import { z } from 'zod'

const isKnown = (type: 'currency' | 'region' | 'language', code: string): boolean => {
  try {
    return new Intl.DisplayNames('en', { type, fallback: 'none' }).of(code) !== undefined
  } catch {
    return false
  }
}
const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** ISO 4217. */
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .refine((code) => isKnown('currency', code), 'is no currency of ISO 4217')
  .describe('ISO 4217, such as `EUR`')
/** Known to Unicode, and no country: unions, unknown ones, and those that tests are made with. */
const NO_COUNTRY = ['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']
/** A code that was replaced, such as UK, is written as the one in its place. */
const isTerritory = (code: string): boolean =>
  isKnown('region', code) && !NO_COUNTRY.includes(code) && new Intl.Locale(`und-${code}`).region === code

/** ISO 3166-1 alpha-2, or 001 for the whole world (UN M.49). */
export const Territory = z
  .string()
  .regex(/^([A-Z]{2}|001)$/)
  .refine(isTerritory, 'is no country of ISO 3166-1')
  .describe('A country of ISO 3166-1, such as `UA`, or `001` for the whole world')
/** BCP 47, as short as `uk` or `pt-BR`. */
export const Language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/)
  .refine((code) => isKnown('language', code), 'is no language of BCP 47')
  .describe('BCP 47, such as `uk` or `pt-BR`')
/** Of the IANA time zone database, such as `Europe/Kyiv`. */
export const TimeZone = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]{1,49}$/)
  .refine(isZone, 'is no time zone that is known')
  .describe('Of the IANA database, such as `Europe/Kyiv`')
/** A day of some calendar, wherever it is: ISO 8601, years 1–9999. */
export const Day = z.iso.date().refine((day) => !day.startsWith('0000'), 'is not of the years 1–9999')
/** Written as it is read: nothing that cannot be seen or turns the direction, and no name before an `@` that passes for the host. */
const PLAIN_ADDRESS = /^https:\/\/[^\s\p{C}@\\/?#]+(?:[/?#][^\s\p{C}]*)?$/iu
/** A web address, https alone. */
export const WebAddress = z
  .url({ protocol: /^https$/, hostname: z.regexes.domain, abort: true, error: 'is no web address such as https://www.example.com/draft' })
  .max(500)
  .refine((address) => PLAIN_ADDRESS.test(address), 'has signs that hide, or that pass for others')

/** The most of any amount, in minor units: sums of a thousand of them are still exact numbers. */
export const AMOUNT_MAX = 1_000_000_000_000
/** Whole minor units: cents, or yen. */
export const Amount = z.int().min(0).max(AMOUNT_MAX).describe('In whole minor units: cents, or yen')
export const Money = z.object({ amount: Amount, currency: Currency })
export type Money = z.output<typeof Money>
