/** The longest message, in UTF-16 units. */
export const MESSAGE_MAX = 4_000

/** Well-formed Unicode without U+0000, and not blank: what both PostgreSQL and canonical JSON can hold. */
export const isText = (s: string): boolean => s.trim() !== '' && s.isWellFormed() && !s.includes('\0')
