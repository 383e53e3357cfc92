/** A client of XMPP: connect, stay connected, lose nothing. This entry runs in browsers, workers, Deno and Bun; `@rookery/client/node` adds TCP. */
import type { Client } from './client.ts'
import { connected, createClientFor } from './connect.ts'
import type { AnyExtension } from './contract/extension.ts'
import type { ClientOptions, ConnectOptions } from './contract/options.ts'
import { webPlatform } from './platform/web-platform.ts'
import { type RegisterOptions, registerAt } from './register.ts'

export type { Maybe } from '@rookery/protocol'
export type { CodecError, ElementCodec } from '@rookery/protocol/codec'
export type { DataForm, Field, FieldOption, FieldType, FormAnswers, FormKind, FormValue } from '@rookery/protocol/forms'
export { Jid, parseJid } from '@rookery/protocol/jid'
export type { SaslChannel, SaslCondition, SaslCrypto } from '@rookery/protocol/sasl'
export {
  type Iq,
  type IqType,
  type Message,
  type MessageType,
  type Presence,
  type PresenceType,
  type Stanza,
  StanzaError,
  type StanzaErrorCondition,
  type StanzaErrorType,
} from '@rookery/protocol/stanza'
export type { StreamErrorCondition } from '@rookery/protocol/stream'
export type { ActivityDetail, ActivityWord } from '@rookery/protocol/xeps/activity'
export type {
  VCardAddress,
  VCardEmail,
  VCardName,
  VCardOrganization,
  VCardPhone,
  VCardPhoto,
} from '@rookery/protocol/xeps/card'
export type { ChatState } from '@rookery/protocol/xeps/chat-states'
export type { FileMetadata, Thumbnail } from '@rookery/protocol/xeps/file-sharing'
export type { Hash } from '@rookery/protocol/xeps/hashes'
export type { Hint } from '@rookery/protocol/xeps/hints'
export type { JingleCondition, JingleContent, JingleParty, JingleReason } from '@rookery/protocol/xeps/jingle'
export type { ArchiveDefault } from '@rookery/protocol/xeps/mam'
export type { MoodWord } from '@rookery/protocol/xeps/mood'
export type { Affiliation, MucHistory, MucItem, Role } from '@rookery/protocol/xeps/muc'
export type { MucRegisterField, MucRoomConfigField } from '@rookery/protocol/xeps/muc-forms'
export type { PubsubErrorCondition } from '@rookery/protocol/xeps/pubsub'
export type {
  PubsubMetaDataField,
  PubsubNodeConfigField,
  PubsubSubscribeOption,
} from '@rookery/protocol/xeps/pubsub-forms'
export type {
  PubsubAffiliation,
  PubsubSubscription,
  PubsubSubscriptionState,
} from '@rookery/protocol/xeps/pubsub-nodes'
export type { Reply } from '@rookery/protocol/xeps/replies'
export type { Report, ReportText } from '@rookery/protocol/xeps/reporting'
export type { RichElement, RichLink, RichNode, RichStyle, StyleProperty } from '@rookery/protocol/xeps/rich-text'
export { Element, el, type Node } from '@rookery/protocol/xml'
export { type Client, ClientCore, type ClientWith, type EventsOf } from './client.ts'
export * from './contract/errors.ts'
export { Emitter, type EventsBase, type Listener, type ListenOptions } from './contract/events.ts'
export {
  type AnyExtension,
  type ClientEvents,
  type ClientMember,
  type Core,
  defineExtension,
  type Extension,
  events,
  type SessionPhase,
  type SessionStart,
  type Software,
} from './contract/extension.ts'
export type { FileData, FileOptions, Progress } from './contract/file-source.ts'
export type { ClientOptions, ConnectOptions, Trace } from './contract/options.ts'
export type { ClearStream, Clock, OpenOptions, Platform, TlsOptions, Transport } from './contract/platform.ts'
export type { ClientState } from './contract/state.ts'
export type { Change, OpenStore, Store } from './contract/store.ts'
export type { RequestOptions, WaitOptions } from './contract/within.ts'
export { type Activity, activity } from './features/activity.ts'
export {
  Archive,
  ArchivedMessage,
  type ArchiveEvents,
  type ArchiveFilter,
  type ArchivePage,
  archive,
  archiveWith,
  type Mark,
  type PageOptions,
  type QueryOptions,
  type RepairOptions,
} from './features/archive/index.ts'
export { ArchiveAdmin, type ArchivePreferences, archiveAdmin } from './features/archive-admin.ts'
export {
  type Avatar,
  type AvatarEvents,
  type AvatarInfo,
  type AvatarPublishOptions,
  Avatars,
  avatars,
  type Picture,
} from './features/avatars/index.ts'
// features
export {
  Blocking,
  type BlockingChange,
  type BlockingEvents,
  blocking,
  type ReportOptions,
} from './features/blocking.ts'
export { type Bookmark, type BookmarkedRoom, Bookmarks, type BookmarksEvents, bookmarks } from './features/bookmarks.ts'
export { Capabilities, caps } from './features/caps/index.ts'
export { Carbons, type CarbonsOptions, carbons } from './features/carbons.ts'
export {
  attachFile,
  attachLink,
  type FileInfo,
  type FileSource,
  filesOf,
  isOnlyFiles,
  type SharedFile,
  sourceOf,
} from './features/chat/files.ts'
export {
  type Attachment,
  type Authored,
  Chat,
  type ChatEvents,
  ChatMessage,
  type ChatNote,
  type ChatOptions,
  type Confirmed,
  type Correction,
  chat,
  chatWith,
  type Displayed,
  isBySameAuthor,
  type MessageContent,
  type NoteAbout,
  type NoteBase,
  type Quoted,
  type Reactions,
  type Receipt,
  type Retraction,
  type SendOptions,
  type StateChange,
  type Target,
} from './features/chat/index.ts'
export { isMisleading } from './features/chat/links.ts'
export { richTextOf, styledTextOf } from './features/chat/rich-text.ts'
export {
  type AskOptions,
  type CommandInfo,
  type CommandNote,
  type CommandReply,
  type CommandResult,
  CommandSession,
  type CommandStep,
  Commands,
  commands,
  Dialogue,
  type FormDraft,
  type OfferedCommand,
  type RunCommand,
} from './features/commands/index.ts'
export { ClientStateIndication, csi, type Page } from './features/csi.ts'
export {
  Disco,
  type DiscoInfo,
  type DiscoItem,
  disco,
  type Identity,
  type InfoOptions,
  type ItemsOptions,
  type OwnNode,
  type Wanted,
} from './features/disco.ts'
export {
  type DisplayedEvents,
  DisplayedSync,
  type DisplayedUpTo,
  displayed,
  type Marker,
  type MarkOptions,
} from './features/displayed.ts'
export {
  type ExternalService,
  ExternalServices,
  type ExternalServicesEvents,
  externalServices,
  type ServicesOptions,
} from './features/external-services.ts'
export {
  type AcceptOptions,
  FileOffer,
  Files,
  type FilesEvents,
  files,
  type IncomingFile,
  type ReceivedFile,
  type SendFileOptions,
  type SentFile,
} from './features/files/index.ts'
export {
  ByteStream,
  Ibb,
  type IbbEvents,
  ibb,
  type OpenStreamOptions,
  type StreamOffer,
} from './features/ibb/index.ts'
export {
  type AccountInviteOptions,
  type Invitation,
  type Invite,
  Invites,
  invites,
  parseInvite,
} from './features/invites.ts'
export { Jingle, type JingleApplication, type JingleEnd, JingleSession, jingle } from './features/jingle/index.ts'
export { type AskLast, type LastActivity, last } from './features/last.ts'
export { type Location, location } from './features/location.ts'
export { type Mood, mood } from './features/mood.ts'
export { nick } from './features/nick.ts'
export {
  AccountNode,
  Pep,
  type Personal,
  type PersonalDeclaration,
  PersonalNode,
  pep,
  personalNode,
  type Told,
} from './features/pep/index.ts'
export { type Ping, ping } from './features/ping.ts'
export {
  ContactPresence,
  type OwnPresence,
  type PresenceEvents,
  Presences,
  presence,
  type Show,
} from './features/presence/index.ts'
export {
  type Affiliated,
  type ConfiguredEvent,
  type CreateOptions,
  type DeletedEvent,
  type FeedEvents,
  type Item,
  type ItemCodec,
  type ItemEvent,
  json,
  type NodeConfig,
  type NodeEvent,
  type NodeFact,
  type NodeItemsOptions,
  type NodeSetting,
  type NodeSubscriptionRequest,
  type PublishOptions,
  Pubsub,
  type PubsubEvents,
  PubsubFields,
  PubsubNode,
  type PubsubServiceEvents,
  pubsub,
  pubsubConditionOf,
  type RetractedEvent,
  type Schema,
  type SchemaResult,
  type ServiceFeedEvents,
  ServiceNode,
  type SubscriptionEvent,
  type SubscriptionOptions,
  type SubscriptionSetting,
  type WhichSubscription,
} from './features/pubsub/index.ts'
export { type DisableOptions, type EnableOptions, Push, push } from './features/push.ts'
export { Registration, registration } from './features/registration.ts'
export {
  type ChangeOptions,
  type DestroyOptions,
  type Nicks,
  type Person,
  RoomAdmin,
  type RoomAdminEvents,
  RoomAdmins,
  RoomConfiguration,
  type RoomListing,
  type RoomSetting,
  type RoomSettings,
  roomAdmin,
  roomSettings,
  type VoiceRequest,
  type Whom,
} from './features/room-admin/index.ts'
export {
  type Exit,
  type ExitCause,
  type InviteOptions,
  type JoinOptions,
  Occupant,
  type OccupantChange,
  type OfRoom,
  Room,
  type RoomConfigured,
  type RoomDeclined,
  type RoomEvents,
  type RoomInfo,
  type RoomInvitation,
  type RoomJoined,
  type RoomLeft,
  RoomMessage,
  type RoomModerated,
  type RoomNote,
  type RoomSendOptions,
  type RoomSetup,
  type RoomState,
  type RoomSubject,
  Rooms,
  type RoomsEvents,
  rooms,
} from './features/rooms/index.ts'
export {
  type Contact,
  Roster,
  type RosterChange,
  type RosterEvents,
  roster,
  type SubscriptionRequest,
} from './features/roster/index.ts'
export {
  type OfferProcedureOptions,
  type Procedure,
  Rpc,
  type RpcValue,
  rpc,
} from './features/rpc.ts'
export {
  type OfferSoapOptions,
  Soap,
  type SoapEnvelope,
  type SoapFault,
  type SoapFaultCode,
  type SoapService,
  soap,
} from './features/soap.ts'
export { type AskTime, type TimeOfOther, time } from './features/time.ts'
export { type Tune, tune } from './features/tune.ts'
export {
  type PutOptions,
  Sha256,
  Upload,
  type Uploaded,
  type UploadOptions,
  type UploadPurpose,
  type UploadService,
  upload,
} from './features/upload/index.ts'
export { type VCard, VCards, vcard } from './features/vcard.ts'
export { vcard4 } from './features/vcard4.ts'
export { type AskVersion, type Version, version } from './features/version.ts'
export {
  type Gate,
  type InRoom,
  type MessageEvents,
  Messages,
  messages,
  type PickMessage,
  type PostOptions,
  type ReadOptions,
  ReceivedMessage,
  type Unwrapped,
  type Way,
} from './messages/index.ts'
export { type Fate, SentMessage } from './messages/sent-message.ts'
export { webPlatform } from './platform/web-platform.ts'
export type {
  RegisterOptions,
  RegistrationQuestion,
} from './register.ts'
export { indexedDbStore } from './stores/indexed-db.ts'
export { memoryStore } from './stores/memory.ts'

/** A client that is not connected yet: for those who want to see its first states, or what is left of before. */
export function createClient<const X extends readonly AnyExtension[] = readonly []>(
  options: ClientOptions<X>,
): Promise<Client<X>> {
  return createClientFor(webPlatform, options)
}

/** Connects, and resolves with a client that can be used. Throws a ClientError that says what to do; the reason of the signal. */
export function connect<const X extends readonly AnyExtension[] = readonly []>(
  options: ConnectOptions<X>,
): Promise<Client<X>> {
  return connected(createClient(options), options?.signal)
}

/** Makes an account; then `connect`. Throws RegistrationError, ConnectError, UsageError; the reason of the signal. */
export function register(options: RegisterOptions): Promise<undefined> {
  return registerAt(webPlatform, options)
}
