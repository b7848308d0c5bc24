/** Spaces, controls, what turns or hides text, and what would end the URL in a page. */
const NEVER = /[\s\p{C}<>"`\\]/u
/**
 * A host first: what stands before an @ there looks like one and is none. Or one address: a link must not make anybody write to
 * others as well, or attach a file.
 */
const GOOD = /^(https?:\/\/[^/?#@]+([/?#]|$)|mailto:[^@?#]+@[^@?#]+$)/i

/** Whether a link may lead there. */
export const isSafeUrl = (url: string): boolean => GOOD.test(url) && !NEVER.test(url) && URL.canParse(url)
