import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import { SYNTAX_ERROR, type WireError, wireError } from '../../wire-errors.js'
import { argument, doubleArgument, integerArgument, optionAt } from '../arguments.js'
import { pointOf } from './cell.js'
import { type Coordinates, coordinatesArgument } from './coordinates.js'
import { unitArgument } from './distance.js'
import type { Shape } from './shape.js'

const NO_MEMBER = wireError('ERR could not decode requested zset member')
const NEGATIVE_RADIUS = wireError('ERR radius cannot be negative')
const NEGATIVE_SIDE = wireError('ERR height or width cannot be negative')
const RADIUS_NOT_A_NUMBER = wireError('ERR need numeric radius')
const WIDTH_NOT_A_NUMBER = wireError('ERR need numeric width')
const HEIGHT_NOT_A_NUMBER = wireError('ERR need numeric height')
const COUNT_TOO_SMALL = wireError('ERR COUNT must be > 0')
const ANY_WITHOUT_COUNT = wireError('ERR the ANY argument requires COUNT argument')

/** Which options a command of this family knows. `searches`: those of GEOSEARCH; `stores`: where the result may go. */
export interface SearchForm {
  readonly searches: boolean
  readonly stores: 'never' | 'byOption' | 'always'
}

/** A size and its unit. */
type Extent =
  | { readonly type: 'circle'; readonly radius: number; readonly metres: number }
  | { readonly type: 'box'; readonly width: number; readonly height: number; readonly metres: number }

/** What a search was asked for. */
export interface SearchRequest {
  /** Null when the source does not exist, and so nothing has a place. */
  readonly shape: Shape | null
  readonly order: 'none' | 'ascending' | 'descending'
  /** 0: all. */
  readonly count: number
  /** Stop at the first `count` that are found, wherever they are. */
  readonly any: boolean
  readonly withDistance: boolean
  readonly withHash: boolean
  readonly withCoordinates: boolean
  readonly store: { readonly key: string; readonly distances: boolean } | null
}

/** The place of a member. @throws WireError without one. */
export const placeOfMember = (source: SortedSetValue, member: string): Coordinates => {
  const score = source.score(member)
  if (score === undefined) throw NO_MEMBER
  return pointOf(score)
}

/** The radius at `index`, and its unit. @throws WireError */
export const circleArgument = (argv: readonly string[], index: number): Extent => {
  const radius = doubleArgument(argument(argv, index), RADIUS_NOT_A_NUMBER)
  if (radius < 0) throw NEGATIVE_RADIUS
  return { type: 'circle', radius, metres: unitArgument(argument(argv, index + 1)) }
}

const boxArgument = (argv: readonly string[], index: number): Extent => {
  const width = doubleArgument(argument(argv, index), WIDTH_NOT_A_NUMBER)
  const height = doubleArgument(argument(argv, index + 1), HEIGHT_NOT_A_NUMBER)
  if (height < 0 || width < 0) throw NEGATIVE_SIDE
  return { type: 'box', width, height, metres: unitArgument(argument(argv, index + 2)) }
}

/** Reads the options of a search word by word. */
export class SearchReader {
  centre: Coordinates | null = null
  extent: Extent | null = null
  storeKey: string | null = null
  readonly #argv: readonly string[]
  readonly #form: SearchForm
  readonly #source: SortedSetValue | undefined
  #from: 'member' | 'coordinates' | null = null
  #order: SearchRequest['order'] = 'none'
  #count = 0
  #distances = false
  readonly #flags = new Set<string>()

  constructor(argv: readonly string[], form: SearchForm, source: SortedSetValue | undefined) {
    this.#argv = argv
    this.#form = form
    this.#source = source
  }

  /** Reads from `first` to the end. @throws WireError */
  read(first: number): SearchRequest {
    for (let i = first; i < this.#argv.length; ) i += 1 + this.#option(optionAt(this.#argv, i), i + 1)
    const has = (flag: string): boolean => this.#flags.has(flag)
    const withAny = has('WITHDIST') || has('WITHHASH') || has('WITHCOORD')
    if (this.storeKey !== null && withAny) throw this.#incompatible()
    if (this.#form.searches) this.#checkSearch()
    if (has('ANY') && this.#count === 0) throw ANY_WITHOUT_COUNT
    const { centre, extent, storeKey } = this
    // The nearest ones are asked for, unless any will do.
    const byDistance = this.#count > 0 && this.#order === 'none' && !has('ANY')
    return {
      shape: this.#source && centre && extent ? { centre, ...extent } : null,
      order: byDistance ? 'ascending' : this.#order,
      count: this.#count,
      any: has('ANY'),
      withDistance: has('WITHDIST'),
      withHash: has('WITHHASH'),
      withCoordinates: has('WITHCOORD'),
      store: storeKey === null ? null : { key: storeKey, distances: this.#distances },
    }
  }

  /** Takes an option whose values begin at `at`. @returns how many values it has @throws WireError */
  #option(option: string, at: number): number {
    const left = this.#argv.length - at
    switch (option) {
      case 'WITHDIST':
      case 'WITHHASH':
      case 'WITHCOORD':
      case 'ANY':
        this.#flags.add(option)
        return 0
      case 'ASC':
      case 'DESC':
        this.#order = option === 'ASC' ? 'ascending' : 'descending'
        return 0
      case 'COUNT':
        if (left < 1) throw SYNTAX_ERROR
        this.#count = integerArgument(argument(this.#argv, at))
        if (this.#count <= 0) throw COUNT_TOO_SMALL
        return 1
      case 'STORE':
      case 'STOREDIST':
        return this.#storeOption(option, at, left)
      default:
        if (!this.#form.searches) throw SYNTAX_ERROR
        return this.#searchOption(option, at, left)
    }
  }

  #storeOption(option: string, at: number, left: number): number {
    if (this.#form.stores === 'byOption' && left >= 1) {
      this.storeKey = argument(this.#argv, at)
      this.#distances = option === 'STOREDIST'
      return 1
    }
    if (this.#form.stores !== 'always' || option !== 'STOREDIST') throw SYNTAX_ERROR
    this.#distances = true
    return 0
  }

  #searchOption(option: string, at: number, left: number): number {
    if (option === 'FROMMEMBER' && left >= 1 && this.#from !== 'coordinates') {
      this.#from = 'member'
      if (this.#source) this.centre = placeOfMember(this.#source, argument(this.#argv, at))
      return 1
    }
    if (option === 'FROMLONLAT' && left >= 2 && this.#from !== 'member') {
      this.centre = coordinatesArgument(this.#argv, at)
      this.#from = 'coordinates'
      return 2
    }
    if (option === 'BYRADIUS' && left >= 2 && this.extent?.type !== 'box') {
      this.extent = circleArgument(this.#argv, at)
      return 2
    }
    if (option === 'BYBOX' && left >= 3 && this.extent?.type !== 'circle') {
      this.extent = boxArgument(this.#argv, at)
      return 3
    }
    throw SYNTAX_ERROR
  }

  #incompatible(): WireError {
    const name = this.#form.stores === 'always' ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS'
    return wireError(`ERR ${name} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`)
  }

  #checkSearch(): void {
    const name = argument(this.#argv, 0)
    if (this.#from === null) {
      throw wireError(`ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`)
    }
    if (this.extent === null) {
      throw wireError(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${name}`)
    }
  }
}
