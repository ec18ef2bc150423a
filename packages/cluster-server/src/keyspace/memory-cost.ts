import type { StoredValue } from './value.js'

/*
 * What data costs in the heap of V8 (64 bits, Node 20), in bytes: measured with 1,000,000 keys, hashes and members. A
 * hash table of V8 is between half and completely full; the figures take it to be three quarters full.
 */

/** An entry of a database: the object, its place in the table of keys and in the list of entries. */
export const ENTRY_BYTES = 120
/** A deadline and its place in the list of deadlines. */
export const DEADLINE_BYTES = 72
/** An object with a handful of fields that stands for a collection. */
export const OBJECT_BYTES = 64
/** A buffer with memory of its own, without that memory. */
export const ARRAY_BUFFER_BYTES = 272
/** A place in a growing array. */
export const ARRAY_SLOT_BYTES = 10
/** A name's places in the index, which is between 0.3 and 0.6 full, and in the array of a `NameTable`, without its text. */
export const NAME_BYTES = 30
/** An entry of a counted tree: its score and its member's place, and its share of leaves and branches. */
export const TREE_ENTRY_BYTES = 24

/** A flat latin1 string: a header of 16 bytes, and its characters rounded up to 8. */
export const textBytes = (text: string): number => (text.length + 23) & ~7

/** The bytes of a value, without its entry. */
export const valueBytes = (value: StoredValue): number => (typeof value === 'string' ? textBytes(value) : value.bytes)

/** What a key costs without its value. */
export const entryBytes = ({ key }: { readonly key: string }): number => ENTRY_BYTES + textBytes(key)
