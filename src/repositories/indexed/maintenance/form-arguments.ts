import type { ModelSchema } from '../../../schema/model-schema.js'
import { formName, formsOf, type IndexForm } from '../index-definition.js'

/** Indexes as the scripts of inspection take them, and the attributes whose values they answer with. */
export interface FormArguments {
  readonly forms: readonly IndexForm[]
  /** Names of the attributes of all forms, each once. */
  readonly names: readonly string[]
  readonly args: readonly string[]
}

/** The script form of some indexes. */
export function formArguments(forms: readonly IndexForm[]): FormArguments {
  const names = [...new Set(forms.flatMap((form) => form.attributes))]
  const places = new Map(names.map((name, index) => [name, String(index + 1)]))
  const listed = forms.flatMap(({ kind, attributes }) => {
    return [kind, String(attributes.length), ...attributes.map((name) => places.get(name) ?? '')]
  })
  return { forms, names, args: [String(names.length), ...names, String(forms.length), ...listed] }
}

/** The indexes of a model with one of these names. */
export function formsNamed(schema: ModelSchema, names: ReadonlySet<string>): readonly IndexForm[] {
  return formsOf(schema).filter((form) => names.has(formName(form)))
}

/** An index for a person: `ip`, `userId (range)`, `country + status`. */
export function titleOf(form: IndexForm): string {
  const attributes = form.attributes.join(' + ')
  return form.kind === 's' || form.kind === 't' ? `${attributes} (range)` : attributes
}
