import { toText } from '../../runtime/conversion.js'
import { argumentError } from '../../runtime/lua-error.js'
import { LuaTable } from '../../runtime/lua-table.js'
import { LightUserdata, type LuaFunction, type LuaValue, Multi } from '../../runtime/value.js'
import { integerArgument, textArgument } from '../arguments.js'
import { createLibrary, libraryFunction } from '../library.js'
import { CjsonDecoder } from './decoder.js'
import { CjsonEncoder } from './encoder.js'
import { type CjsonSettings, defaultSettings } from './settings.js'

const MAX_INTEGER = 2 ** 31 - 1

/** `cjson.null`; the same value for every instance. */
const NULL = new LightUserdata('NULL')

const checkCount = (args: readonly LuaValue[], most: number): void => {
  if (args.length > most) throw argumentError(most + 1, 'found too many arguments')
}

const integerSetting = (args: readonly LuaValue[], at: number, least: number, most: number): number => {
  const value = integerArgument(args, at)
  if (value < least || value > most) throw argumentError(at + 1, `expected integer between ${least} and ${most}`)
  return value
}

/** `true`, `false`, `"on"`, `"off"`, or one of `words`. */
const switchSetting = <Word extends string>(args: readonly LuaValue[], words: readonly Word[]): boolean | Word => {
  const [value] = args
  if (typeof value === 'boolean') return value
  const text = toText(value)
  if (text === 'on') return true
  if (text === 'off') return false
  const word = words.find((each) => each === text)
  if (word === undefined) throw argumentError(1, text === undefined ? 'string expected' : `invalid option '${text}'`)
  return word
}

const settingFunctions = (settings: CjsonSettings): Record<string, LuaFunction> => ({
  encode_sparse_array: (...args) => {
    checkCount(args, 3)
    if (args[0] !== undefined) settings.sparseConvert = switchSetting(args, []) === true
    if (args[1] !== undefined) settings.sparseRatio = integerSetting(args, 1, 0, MAX_INTEGER)
    if (args[2] !== undefined) settings.sparseSafe = integerSetting(args, 2, 0, MAX_INTEGER)
    return new Multi([settings.sparseConvert, settings.sparseRatio, settings.sparseSafe])
  },
  encode_max_depth: (...args) => {
    checkCount(args, 1)
    if (args[0] !== undefined) settings.encodeMaxDepth = integerSetting(args, 0, 1, MAX_INTEGER)
    return settings.encodeMaxDepth
  },
  decode_max_depth: (...args) => {
    checkCount(args, 1)
    if (args[0] !== undefined) settings.decodeMaxDepth = integerSetting(args, 0, 1, MAX_INTEGER)
    return settings.decodeMaxDepth
  },
  encode_number_precision: (...args) => {
    checkCount(args, 1)
    if (args[0] !== undefined) settings.numberPrecision = integerSetting(args, 0, 1, 14)
    return settings.numberPrecision
  },
  encode_keep_buffer: (...args) => {
    checkCount(args, 1)
    if (args[0] !== undefined) settings.keepBuffer = switchSetting(args, []) === true
    return settings.keepBuffer
  },
  encode_invalid_numbers: (...args) => {
    checkCount(args, 1)
    if (args[0] !== undefined) settings.encodeInvalidNumbers = switchSetting(args, ['null'])
    return settings.encodeInvalidNumbers
  },
  decode_invalid_numbers: (...args) => {
    checkCount(args, 1)
    if (args[0] !== undefined) settings.decodeInvalidNumbers = switchSetting(args, []) === true
    return settings.decodeInvalidNumbers
  },
})

const members = (settings: CjsonSettings): Record<string, LuaValue> => ({
  _NAME: 'cjson',
  _VERSION: '2.1.0',
  null: NULL,
  ...settingFunctions(settings),
  encode: (...args) => {
    if (args.length !== 1) throw argumentError(1, 'expected 1 argument')
    return new CjsonEncoder(settings).encode(args[0])
  },
  decode: (...args) => {
    if (args.length !== 1) throw argumentError(1, 'expected 1 argument')
    return new CjsonDecoder(textArgument(args, 0), settings, NULL).decode()
  },
})

/** The library `cjson`, with settings of its own. */
export const createCjsonLibrary = (): LuaTable =>
  createLibrary(
    {
      ...members(defaultSettings()),
      new: () => {
        const instance = new LuaTable()
        for (const [name, value] of Object.entries(members(defaultSettings()))) {
          instance.set(name, typeof value === 'function' ? libraryFunction(name, value) : value)
        }
        return instance
      },
    },
    ['encode', 'decode'],
  )
