import { keyImage } from '../../src/peers/key-image.js'
import type { Node } from '../../src/server/node.js'

/** Everything that a node holds, as the commands that rebuild it; comparable between nodes. */
export const contentsOf = (node: Node): Record<string, string[][]>[] => {
  let contents: Record<string, string[][]>[] = []
  node.runUnit(() => {
    contents = node.server.databases.map((database) =>
      Object.fromEntries(
        [...database.keys()].sort().map((key) => [key, [...keyImage(database, key, 2 ** 30)].map(inOrder)]),
      ),
    )
  })
  return contents
}

/** Sets have no order: their members are sorted, and so are the fields of a hash. */
const inOrder = (command: readonly string[]): string[] => {
  const [name = '', key = '', ...words] = command
  if (name === 'SADD') return [name, key, ...words.sort()]
  if (name !== 'HSET') return [...command]
  const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : []))
  return [name, key, ...pairs.sort(([one = ''], [other = '']) => (one < other ? -1 : 1)).flat()]
}
