/** Why a proof does not verify, and what that means. */
export const problems = {
  'file.malformed': 'This line is not as the format says, or is missing.',
  'key.differs': 'A key is listed under an id that is not its own.',
  'seq.notNext': 'An entry is missing, doubled or out of place: this is the one that was due.',
  'hash.differs': 'Something in this entry was changed, or what came before it.',
  'terms.differ': 'The terms that were proposed here are not those that their hash is of.',
  'acceptance.notOpen': 'What was accepted here was not open to be accepted.',
  'acceptance.otherTerms': 'What was accepted here are other terms than those that were proposed.',
  'acceptance.noRight': 'Whoever accepted here had no right to.',
  'acceptance.badSignature': 'The hub has not attested this acceptance.',
  'payload.missing': 'The words of this entry are missing, and no entry says that they were erased or taken back.',
  'checkpoint.badSignature': 'The hub has not signed this checkpoint.',
  'checkpoint.differs': 'The hub swore to another past than this.',
  'tail.cut': 'The hub swore to more entries than there are.',
  'deal.differs': 'The deal that is stated is not the one that the entries tell.',
  'seal.differs': 'The seal is not that of this file.',
  'key.notPinned': 'The seal is by a key that you do not trust.',
  'seal.badSignature': 'The hub has not signed this seal.',
} as const
export type Problem = keyof typeof problems
