/** The picture in a card of vcard-temp (XEP-0153 1.1.1, XEP-0054 1.3.0), of which nothing else is read, and nothing else is changed. */
import type { Jid } from '@rookery/protocol/jid'
import { picture } from '@rookery/protocol/xeps/card'
import { type Element, el } from '@rookery/protocol/xml'
import { isLacking, isMissing } from '../../contract/ask.ts'
import { RequestError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'

const ns = 'vcard-temp'

export interface Photo {
  readonly type: string
  readonly data: Uint8Array
}

/** Undefined where there is none, no card, or nobody who would tell us. Without an address: our own, of which a refusal is thrown. */
export async function photoOf(
  core: Pick<Core, 'request'>,
  jid?: Jid,
  options?: WaitOptions,
): Promise<Photo | undefined> {
  const card = await cardOf(core, jid, options).catch((error: unknown): undefined => {
    // of others it does not matter why; of our own there may be one all the same
    const isNone = jid === undefined ? isLacking(error) : error instanceof RequestError && error.type !== 'wait'
    if (!isNone) throw error
  })
  const found = card?.child('PHOTO')
  const data = picture.decode(found?.childText('BINVAL') ?? '')
  return data && { type: found?.childText('TYPE') || 'image/png', data }
}

/** Puts the picture into our own card, or takes it out; not where that cannot be read, as all else in it would be lost. */
export async function setPhoto(
  core: Pick<Core, 'request'>,
  photo: Photo | undefined,
  options?: WaitOptions,
): Promise<undefined> {
  const card = (await cardOf(core, undefined, options)) ?? el('vCard', ns)
  const others = card.children.filter((child) => typeof child === 'string' || !child.is('PHOTO', ns))
  const made =
    photo && el('PHOTO', ns, {}, [el('TYPE', ns, {}, photo.type), el('BINVAL', ns, {}, picture.encode(photo.data))])
  await core.request('set', card.withChildren(made === undefined ? others : [...others, made]), options)
}

async function cardOf(
  core: Pick<Core, 'request'>,
  to: Jid | undefined,
  options?: WaitOptions,
): Promise<Element | undefined> {
  try {
    const answer = await core.request('get', el('vCard', ns), { ...options, to })
    return answer?.is('vCard', ns) === true ? answer : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
