/** The fields of the forms of Multi-User Chat (XEP-0045 1.35.5, section 16.5), by name. A room may have more; these are the registered ones. */

/** Configuration, in `mucOwner`. [XEP-0045 10.1.3] */
export const MUC_ROOM_CONFIG = 'http://jabber.org/protocol/muc#roomconfig'
export type MucRoomConfigField =
  | 'muc#maxhistoryfetch'
  | 'muc#roomconfig_allowinvites'
  | 'muc#roomconfig_allowpm'
  | 'muc#roomconfig_changesubject'
  | 'muc#roomconfig_enablelogging'
  | 'muc#roomconfig_getmemberlist'
  | 'muc#roomconfig_lang'
  | 'muc#roomconfig_maxusers'
  | 'muc#roomconfig_membersonly'
  | 'muc#roomconfig_moderatedroom'
  | 'muc#roomconfig_passwordprotectedroom'
  | 'muc#roomconfig_persistentroom'
  | 'muc#roomconfig_presencebroadcast'
  | 'muc#roomconfig_publicroom'
  | 'muc#roomconfig_pubsub'
  | 'muc#roomconfig_roomadmins'
  | 'muc#roomconfig_roomdesc'
  | 'muc#roomconfig_roomname'
  | 'muc#roomconfig_roomowners'
  | 'muc#roomconfig_roomsecret'
  | 'muc#roomconfig_whois'

/** In the disco info of a room. [XEP-0045 6.4] */
export const MUC_ROOM_INFO = 'http://jabber.org/protocol/muc#roominfo'
export type MucRoomInfoField =
  | 'muc#maxhistoryfetch'
  | 'muc#roominfo_contactjid'
  | 'muc#roominfo_description'
  | 'muc#roominfo_lang'
  | 'muc#roominfo_ldapgroup'
  | 'muc#roominfo_logs'
  | 'muc#roominfo_occupants'
  | 'muc#roominfo_subject'
  | 'muc#roominfo_subjectmod'

/** In `register` of register.ts, and in the question to an admin. [XEP-0045 7.10, 9.9] */
export const MUC_REGISTER = 'http://jabber.org/protocol/muc#register'
export type MucRegisterField =
  | 'muc#register_allow'
  | 'muc#register_email'
  | 'muc#register_faqentry'
  | 'muc#register_first'
  | 'muc#register_last'
  | 'muc#register_roomnick'
  | 'muc#register_url'

/** In a message: a visitor asks for voice, a moderator is asked to grant it. [XEP-0045 7.13, 8.6] */
export const MUC_REQUEST = 'http://jabber.org/protocol/muc#request'
export type MucRequestField = 'muc#jid' | 'muc#request_allow' | 'muc#role' | 'muc#roomnick'
