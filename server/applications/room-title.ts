/** What a room may be called at most, in UTF-16 units. */
const MOST = 200

/** A room is called by what it is about, and cut where that is too long. */
export const roomTitle = (text: string): string =>
  text.length <= MOST ? text : `${text.slice(0, MOST - 1).replace(/[\ud800-\udbff]$/, '')}…`
