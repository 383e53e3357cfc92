/** A form of ours as it is written down by hand: what is empty may be left out. */
import type { DataForm, Field } from '@rookery/protocol/forms'

/** `{ title: 'Greet', fields: [{ var: 'who', label: 'Whom?' }] }`. A `DataForm` is one as well. */
export interface FormDraft {
  readonly title?: string | undefined
  readonly instructions?: string | readonly string[] | undefined
  readonly fields?: readonly Partial<Field>[] | undefined
  /** The head of a table of results: which fields its items have. */
  readonly reported?: readonly Partial<Field>[] | undefined
  /** The rows of a table of results. */
  readonly items?: readonly (readonly Partial<Field>[])[] | undefined
}

export function formOf(
  type: DataForm['type'],
  { title, instructions = [], fields, reported, items }: FormDraft,
): DataForm {
  return {
    type,
    title,
    instructions: [instructions].flat(),
    fields: fieldsOf(fields),
    reported: reported && fieldsOf(reported),
    items: (items ?? []).map(fieldsOf),
  }
}

function fieldsOf(drafts: readonly Partial<Field>[] = []): Field[] {
  return drafts.map((draft) => ({ values: [], options: [], ...draft }))
}
