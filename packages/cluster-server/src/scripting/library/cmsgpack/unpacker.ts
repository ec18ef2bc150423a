import { checkKey } from '../../runtime/indexing.js'
import { libraryError } from '../../runtime/lua-error.js'
import { LuaTable } from '../../runtime/lua-table.js'
import type { LuaValue } from '../../runtime/value.js'
import { bytesToFloat, bytesToInteger } from '../integer-bytes.js'

/** Reads MessagePack values one after the other from latin1 text. */
export class MessageUnpacker {
  /** Where the next value starts. */
  at: number

  constructor(
    readonly data: string,
    start: number,
  ) {
    this.at = start
  }

  next(): LuaValue {
    const code = this.#unsigned(1)
    if (code <= 0x7f) return code
    if (code >= 0xe0) return code - 256
    if (code <= 0x8f) return this.#map(code & 0x0f)
    if (code <= 0x9f) return this.#list(code & 0x0f)
    if (code <= 0xbf) return this.#text(code & 0x1f)
    switch (code) {
      case 0xc0:
        return undefined
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xca:
        return this.#float(4)
      case 0xcb:
        return this.#float(8)
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#unsigned(2 ** (code - 0xcc))
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#integer(2 ** (code - 0xd0), true)
      case 0xd9:
        return this.#text(this.#unsigned(1))
      case 0xda:
        return this.#text(this.#unsigned(2))
      case 0xdb:
        return this.#text(this.#unsigned(4))
      case 0xdc:
        return this.#list(this.#unsigned(2))
      case 0xdd:
        return this.#list(this.#unsigned(4))
      case 0xde:
        return this.#map(this.#unsigned(2))
      case 0xdf:
        return this.#map(this.#unsigned(4))
      default:
        throw libraryError('Bad data format in input.')
    }
  }

  #need(size: number): number {
    if (this.at + size > this.data.length) throw libraryError('Missing bytes in input.')
    const { at } = this
    this.at += size
    return at
  }

  #unsigned(size: number): number {
    return this.#integer(size, false)
  }

  #integer(size: number, signed: boolean): number {
    return Number(bytesToInteger(this.data, this.#need(size), size, false, signed))
  }

  #float(size: 4 | 8): number {
    return bytesToFloat(this.data, this.#need(size), size, false)
  }

  #text(length: number): string {
    const at = this.#need(length)
    return this.data.slice(at, at + length)
  }

  #list(length: number): LuaTable {
    const table = new LuaTable()
    for (let i = 1; i <= length; i++) table.set(i, this.next())
    return table
  }

  #map(length: number): LuaTable {
    const table = new LuaTable()
    for (let i = 0; i < length; i++) {
      const key = this.next()
      const value = this.next()
      checkKey(key)
      table.set(key, value)
    }
    return table
  }
}
