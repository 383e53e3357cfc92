// PRECIS (RFC 8264): preparing and comparing internationalised strings.

export { nicknameKey, prepareNickname, prepareOpaque, prepareUsername } from './profiles.ts'
