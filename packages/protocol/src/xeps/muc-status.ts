/** The status codes of Multi-User Chat (XEP-0045 1.35.5, section 12), by name. A room may send others; they mean nothing here. */

/** Everybody in the room sees the full address of everybody. */
export const MUC_NON_ANONYMOUS = 100
/** The affiliation changed while one was not there. */
export const MUC_AFFILIATION_CHANGED = 101
/** Members that are not there are shown from now on, or no more. */
export const MUC_SHOWS_UNAVAILABLE = 102
export const MUC_HIDES_UNAVAILABLE = 103
export const MUC_CONFIGURATION_CHANGED = 104
/** This presence is one's own. It ends the list of occupants after entering. [XEP-0045 7.2.2] */
export const MUC_SELF = 110
export const MUC_LOGGED = 170
export const MUC_NO_LONGER_LOGGED = 171
/** The room became non-anonymous, or semi-anonymous. */
export const MUC_NOW_NON_ANONYMOUS = 172
export const MUC_NOW_SEMI_ANONYMOUS = 173
/** The room was made by entering, and may wait for its configuration. [XEP-0045 10.1] */
export const MUC_CREATED = 201
/** The room chose or changed the nickname. */
export const MUC_NICK_ASSIGNED = 210
/** In an unavailable presence, why: banned, … */
export const MUC_BANNED = 301
/** … known by another nickname now, which is in the item, … */
export const MUC_NICK_CHANGED = 303
/** … kicked, … */
export const MUC_KICKED = 307
/** … removed by a change of affiliation, … */
export const MUC_REMOVED_BY_AFFILIATION = 321
/** … removed because the room is for members now, … */
export const MUC_REMOVED_MEMBERS_ONLY = 322
/** … removed because the service shuts down, … */
export const MUC_SHUTDOWN = 332
/** … removed because a stanza to them came back with an error. Beside 307 it means that nobody kicked them. [XEP-0045 11.1] */
export const MUC_REMOVED_BY_ERROR = 333
