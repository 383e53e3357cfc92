/** The bounds that all drivers share. */

/** Removed contacts remembered per account, so that `changesSince` can report them. */
export const REMEMBERED_REMOVALS = 500
