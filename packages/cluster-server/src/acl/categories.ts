/** The ACL categories in the order in which Redis lists them. */
export const CATEGORIES: readonly string[] = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
]

/** The position of a category in `CATEGORIES`, whatever the case of its name; undefined for any other word. */
export const categoryIndex = (name: string): number | undefined => {
  const index = CATEGORIES.indexOf(name.toLowerCase())
  return index === -1 ? undefined : index
}
