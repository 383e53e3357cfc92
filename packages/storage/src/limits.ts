/** The bounds that all drivers share. */

/** Removed contacts remembered per account, so that `changesSince` can report them. */
export const REMEMBERED_REMOVALS = 500

/** Words in one search of an archive. */
export const SEARCH_WORDS = 16

/** UTF-16 units in one of them. */
export const SEARCH_WORD_LENGTH = 256

/** UTF-16 units by which two words are told apart; what is longer is cut. */
export const WORD_LENGTH = 64
