/** The version of the format that is written: that of Redis 7.0. Files of it and of all earlier ones are read. */
export const RDB_VERSION = 10

/** The first byte of a value: its type and its form. Source: `rdb.h` of Redis 7.0.15. */
export const RdbType = {
  string: 0,
  list: 1,
  set: 2,
  sortedSetText: 3,
  hash: 4,
  sortedSet: 5,
  module: 6,
  module2: 7,
  hashZipmap: 9,
  listZiplist: 10,
  setIntegers: 11,
  sortedSetZiplist: 12,
  hashZiplist: 13,
  listQuicklist: 14,
  stream: 15,
  hashListpack: 16,
  sortedSetListpack: 17,
  listQuicklist2: 18,
  stream2: 19,
} as const

/** What can stand in a file in the place of a type. */
export const Opcode = {
  function2: 245,
  functionOld: 246,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  aux: 250,
  resize: 251,
  expiryMs: 252,
  expirySeconds: 253,
  select: 254,
  end: 255,
} as const

/** The special forms of a string, in the lower six bits behind `11`. */
export const StringForm = { int8: 0, int16: 1, int32: 2, lzf: 3 } as const

/** How a node of a list is held: one element as it is, or a listpack. */
export const ListNode = { plain: 1, packed: 2 } as const

/** Markers inside the value of a module. */
export const ModuleOpcode = { end: 0, signed: 1, unsigned: 2, float: 3, double: 4, string: 5 } as const

/** Whether a value of this type can stand in a DUMP payload. */
export const isValueType = (type: number): boolean => type >= 0 && type <= 19 && type !== 8
