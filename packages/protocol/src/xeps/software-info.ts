/** Software Information (XEP-0232 0.3): a form in the disco info of a client that says what it is. The icon is left out. */
import { type DataForm, firstValueOf, formTypeOf, makeField } from '../forms/index.ts'

export const SOFTWARE_INFO_FORM = 'urn:xmpp:dataforms:softwareinfo'

export interface SoftwareInfo {
  readonly os?: string | undefined
  readonly osVersion?: string | undefined
  readonly software?: string | undefined
  readonly version?: string | undefined
}

const names = [
  ['os', 'os'],
  ['osVersion', 'os_version'],
  ['software', 'software'],
  ['version', 'software_version'],
] as const

export function softwareInfoForm(info: SoftwareInfo): DataForm {
  const fields = [makeField('FORM_TYPE', 'hidden', [SOFTWARE_INFO_FORM])]
  for (const [key, name] of names) if (info[key] !== undefined) fields.push(makeField(name, undefined, [info[key]]))
  return { type: 'result', instructions: [], fields, items: [] }
}

/** Undefined when no form says anything. */
export function softwareInfoOf(forms: readonly DataForm[]): SoftwareInfo | undefined {
  const form = forms.find((one) => formTypeOf(one) === SOFTWARE_INFO_FORM)
  if (form === undefined) return undefined
  const info: { -readonly [K in keyof SoftwareInfo]: SoftwareInfo[K] } = {}
  for (const [key, name] of names) {
    const value = firstValueOf(form, name)
    if (value !== undefined) info[key] = value
  }
  return info
}
