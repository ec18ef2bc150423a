import { argumentError, libraryError } from '../../runtime/lua-error.js'
import type { LuaTable } from '../../runtime/lua-table.js'
import { type LuaResult, type LuaValue, pack } from '../../runtime/value.js'
import { integerArgument, optionalInteger, textArgument } from '../arguments.js'
import { createLibrary } from '../library.js'
import { packValue } from './packer.js'
import { MessageUnpacker } from './unpacker.js'

/** Reads `limit` values (0: all) from `offset` on; a limited read tells first where it stopped, -1 at the end. */
const unpack = (args: readonly LuaValue[], limit: number, offset: number): LuaResult => {
  const data = textArgument(args, 0)
  if (offset < 0 || limit < 0) {
    throw libraryError(`Invalid request to unpack with offset of ${offset} and limit of ${data.length}.`)
  }
  if (offset > data.length) {
    throw libraryError(`Start offset ${offset} greater than input length ${data.length}.`)
  }
  const unpacker = new MessageUnpacker(data, offset)
  const values: LuaValue[] = []
  while (unpacker.at < data.length && (limit === 0 || values.length < limit)) values.push(unpacker.next())
  if (limit === 0) return pack(values)
  return pack([unpacker.at < data.length ? unpacker.at : -1, ...values])
}

/** The library `cmsgpack`. */
export const createCmsgpackLibrary = (): LuaTable =>
  createLibrary(
    {
      _NAME: 'cmsgpack',
      _VERSION: 'lua-cmsgpack 0.4.0',
      _COPYRIGHT: 'Copyright (C) 2012, Salvatore Sanfilippo',
      _DESCRIPTION: 'MessagePack C implementation for Lua',
      pack: (...args) => {
        if (args.length === 0) throw argumentError(0, 'MessagePack pack needs input.')
        return args.map((value) => packValue(value)).join('')
      },
      unpack: (...args) => unpack(args, 0, 0),
      unpack_one: (...args) => unpack(args, 1, optionalInteger(args, 1, 0)),
      unpack_limit: (...args) => unpack(args, integerArgument(args, 1), optionalInteger(args, 2, 0)),
    },
    ['pack'],
  )
