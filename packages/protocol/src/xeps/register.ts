/**
 * In-Band Registration (XEP-0077 2.4): question, blank, submission, removal and change of password are one element. A data form in it goes
 * before the plain fields [XEP-0077 6]; an empty plain field is a field that is wanted, not one that is answered.
 */
import {
  type ElementCodec,
  element,
  flag,
  mapped,
  type OptionalPart,
  optionalChild,
  optionalText,
  text,
} from '../codec/index.ts'
import {
  type DataForm,
  dataForm,
  type FieldKind,
  type FormCodec,
  form,
  textPrivate,
  textSingle,
} from '../forms/index.ts'
import { type Element, el } from '../xml/index.ts'
import { webLink } from './links.ts'
import { REGISTER_NS } from './names.ts'

export { REGISTER_NS }

const OOB_NS = 'jabber:x:oob'

/** The plain fields; the schema allows no others. [XEP-0077 4, 14.1] */
export interface RegisterFields {
  readonly username?: string | undefined
  readonly nick?: string | undefined
  readonly password?: string | undefined
  readonly name?: string | undefined
  readonly first?: string | undefined
  readonly last?: string | undefined
  readonly email?: string | undefined
  readonly address?: string | undefined
  readonly city?: string | undefined
  readonly state?: string | undefined
  readonly zip?: string | undefined
  readonly phone?: string | undefined
  readonly url?: string | undefined
  readonly date?: string | undefined
  readonly misc?: string | undefined
  readonly text?: string | undefined
  readonly key?: string | undefined
}

export interface Register extends RegisterFields {
  /** In a blank: the asker is registered already, and the fields hold what is known. [XEP-0077 3.1] */
  readonly registered?: boolean | undefined
  readonly instructions?: string | undefined
  /** End the registration; stands alone. [XEP-0077 3.2] */
  readonly remove?: boolean | undefined
  readonly form?: DataForm | undefined
  /** Register on this web page instead; never a script or the like, which would be no page. [XEP-0077 5] */
  readonly oobUrl?: string | undefined
}

const oobUrl: OptionalPart<string> = mapped(
  optionalChild(element(OOB_NS, 'x', { url: text('url', webLink) })),
  (oob) => oob.url,
  (url) => ({ url }),
)

export const register: ElementCodec<Register> = element(
  REGISTER_NS,
  'query',
  {
    registered: flag('registered'),
    instructions: optionalText('instructions'),
    username: optionalText('username'),
    nick: optionalText('nick'),
    password: optionalText('password'),
    name: optionalText('name'),
    first: optionalText('first'),
    last: optionalText('last'),
    email: optionalText('email'),
    address: optionalText('address'),
    city: optionalText('city'),
    state: optionalText('state'),
    zip: optionalText('zip'),
    phone: optionalText('phone'),
    url: optionalText('url'),
    date: optionalText('date'),
    misc: optionalText('misc'),
    text: optionalText('text'),
    key: optionalText('key'),
    remove: flag('remove'),
    form: optionalChild(dataForm),
    oobUrl,
  },
  (value) => (value.remove && Object.keys(value).length > 1 ? '<remove/> must stand alone.' : undefined), // [XEP-0077 3.2]
)

/** Stream feature: this server lets strangers register. [XEP-0077 8] */
export const registerFeature: Element = el('register', 'http://jabber.org/features/iq-register')

type Needed = FieldKind<string, true>

export const registerForm: FormCodec<{
  readonly username: Needed
  readonly password: Needed
  readonly email: FieldKind<string, false>
}> = form(REGISTER_NS, {
  username: textSingle({ label: 'Username', required: true }),
  password: textPrivate({ label: 'Password', required: true }),
  email: textSingle({ label: 'Email address' }),
})

/** More proof before a registration ends. [XEP-0077 3.2] */
export const cancelForm: FormCodec<{ readonly username: Needed; readonly password: Needed }> = form(
  'jabber:iq:register:cancel',
  {
    username: textSingle({ label: 'Username', required: true }),
    password: textPrivate({ label: 'Password', required: true }),
  },
)

/** More proof before a password changes. [XEP-0077 3.3] */
export const changePasswordForm: FormCodec<{
  readonly username: Needed
  readonly old_password: Needed
  readonly password: Needed
}> = form('jabber:iq:register:changepassword', {
  username: textSingle({ label: 'Username', required: true }),
  old_password: textPrivate({ label: 'Old password', required: true }),
  password: textPrivate({ label: 'New password', required: true }),
})
