import { JsonEncodingError } from '../errors/value-errors.js'
import { stateOf } from './model-record.js'
import { plainForm } from './plain-form.js'
import type { ShownNames } from './record-state.js'
import { TimedRecord } from './timed-record.js'

/** A name, or several. */
type Names = readonly (string | readonly string[])[]

/** The form of a record as plain data, and what of it is shown. */
export abstract class SerialisedRecord extends TimedRecord {
  /**
   * Plain data for JSON: the key, all attributes and the computed ones, as far as `visible` and `hidden` show them, with
   * class-transformer's decorators of the class applied (`@Expose`, `@Exclude`, `@Transform` …). Moments are ISO 8601 text,
   * bigints decimal text. Throws `JsonEncodingError`.
   */
  toJSON(): Record<string, unknown> {
    const state = stateOf(this)
    const { modelName } = state.definition.schema
    const { hidden, visible, appends } = shownNames(this)
    const isShown = (name: string): boolean =>
      (visible.length === 0 || visible.includes(name)) && !hidden.includes(name)
    const names = [...state.knownNames(), ...appends].filter(isShown)
    const plain = plainForm(this, modelName, names, this.getKey())
    if (hidden.length === 0 && visible.length === 0) return plain
    // Class-transformer adds the getters and methods with @Expose by itself.
    const isAdded = (name: string): boolean => !state.isAttribute(name) && name in this
    return Object.fromEntries(Object.entries(plain).filter(([name]) => isShown(name) || !isAdded(name)))
  }

  /** The record as JSON text. Throws `JsonEncodingError`. */
  toJson(): string {
    const plain = this.toJSON()
    try {
      return JSON.stringify(plain)
    } catch (cause) {
      throw new JsonEncodingError(stateOf(this).definition.schema.modelName, null, cause, this.getKey())
    }
  }

  /** The record as JSON text. */
  override toString(): string {
    return this.toJson()
  }

  /** The values of these attributes, hidden ones too, and of computed ones. Throws `InvalidArgumentError` for an unknown name. */
  only<Name extends keyof this & string>(...names: readonly (Name | readonly Name[])[]): Pick<this, Name> {
    const wanted: readonly string[] = names.flat()
    for (const name of wanted) if (!(name in this)) stateOf(this).attribute(name)
    return Object.fromEntries(wanted.map((name) => [name, Reflect.get(this, name)])) as Pick<this, Name>
  }

  /** The values of all attributes, hidden ones too, except these. Throws `InvalidArgumentError` for an unknown name. */
  except(...names: readonly ((keyof this & string) | readonly (keyof this & string)[])[]): Record<string, unknown> {
    const state = stateOf(this)
    const unwanted: readonly string[] = names.flat()
    for (const name of unwanted) if (!(name in this)) state.attribute(name)
    return state.valuesOf(state.knownNames().filter((name) => !unwanted.includes(name)))
  }

  /** The names that the serialised form leaves out. */
  getHidden(): readonly string[] {
    return shownNames(this).hidden
  }

  /** Sets the names that the serialised form of this record leaves out. */
  setHidden(names: readonly string[]): this {
    return this.show({ hidden: [...names] })
  }

  /** The names that alone are in the serialised form; empty: all. */
  getVisible(): readonly string[] {
    return shownNames(this).visible
  }

  /** Sets the names that alone are in the serialised form of this record; empty: all. */
  setVisible(names: readonly string[]): this {
    return this.show({ visible: [...names] })
  }

  /** Shows names in the serialised form of this record: they are hidden no more, and visible where only some names are. */
  makeVisible(...names: Names): this {
    const shown = names.flat()
    const { hidden, visible } = shownNames(this)
    return this.show({
      hidden: hidden.filter((name) => !shown.includes(name)),
      visible: visible.length === 0 ? visible : union(visible, shown),
    })
  }

  /** Leaves names out of the serialised form of this record. */
  makeHidden(...names: Names): this {
    return this.show({ hidden: union(this.getHidden(), names.flat()) })
  }

  /** The names of the computed attributes: getters and methods whose values the serialised form has too. */
  getAppends(): readonly string[] {
    return shownNames(this).appends
  }

  /** Adds getters and methods to the serialised form of this record. */
  append(...names: Names): this {
    return this.show({ appends: union(this.getAppends(), names.flat()) })
  }

  private show(change: Partial<ShownNames>): this {
    stateOf(this).shown = { ...shownNames(this), ...change }
    return this
  }
}

function shownNames(record: SerialisedRecord): ShownNames {
  const { shown, definition } = stateOf(record)
  return shown ?? definition.behaviour
}

function union(names: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...names, ...added])]
}
