/** The `v` flag is younger than some browsers that the SDK still runs in: it must not stop the module from loading. */
const emoji = (): RegExp => /^\p{RGI_Emoji}$/v

/**
 * An emoji as everybody writes it. Many keyboards leave out the sign that asks for the picture (U+FE0F, as after ❤): it is added where
 * that makes it one. Any other text is given back as it is, and so is every text on a platform that does not know the emoji.
 */
export function emojiFrom(text: string): string {
  try {
    const picture = `${text}\uFE0F`
    return !emoji().test(text) && emoji().test(picture) ? picture : text
  } catch {
    return text
  }
}
