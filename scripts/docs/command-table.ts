import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startNode } from '@activeredis/cluster-server'
import { Redis } from 'ioredis'

/** One command as `COMMAND DOCS` tells it, in the RESP2 shape: names and values alternate. */
type Documentation = readonly [name: string, facts: readonly unknown[]]

const documentPath = fileURLToPath(new URL('../../../docs/server-commands.md', import.meta.url))

const groupTitles: Readonly<Record<string, string>> = {
  string: 'Strings',
  bitmap: 'Bitmaps',
  hash: 'Hashes',
  list: 'Lists',
  set: 'Sets',
  'sorted-set': 'Sorted sets',
  generic: 'Keys',
  transactions: 'Transactions',
  scripting: 'Scripts',
  pubsub: 'Pub/sub',
  cluster: 'Cluster',
  connection: 'Connections',
  server: 'Server',
}

const fact = (facts: readonly unknown[], name: string): unknown => {
  const at = facts.indexOf(name)
  return at === -1 ? undefined : facts[at + 1]
}

const pairs = (flat: readonly unknown[]): Documentation[] =>
  Array.from({ length: flat.length / 2 }, (_, index) => [
    String(flat[2 * index]),
    flat[2 * index + 1] as readonly unknown[],
  ])

/** The support table of the server, read from a running node, whose command table is the only source. */
const renderTable = async (): Promise<string> => {
  const node = await startNode({ port: 0 })
  const client = new Redis({ host: node.host, port: node.port, protocol: 2 })
  try {
    const groups = new Map<string, string[]>()
    for (const [name, facts] of pairs((await client.call('COMMAND', 'DOCS')) as unknown[])) {
      const group = String(fact(facts, 'group'))
      const subcommands = pairs((fact(facts, 'subcommands') ?? []) as unknown[])
        .map(([subcommand]) => subcommand.slice(subcommand.indexOf('|') + 1).toUpperCase())
        .sort()
      const text = subcommands.length === 0 ? name.toUpperCase() : `${name.toUpperCase()} (${subcommands.join(', ')})`
      groups.set(group, [...(groups.get(group) ?? []), text])
    }
    const known = Object.keys(groupTitles)
    const order = [...known, ...[...groups.keys()].filter((group) => !known.includes(group))]
    const sections = order
      .filter((group) => groups.has(group))
      .map((group) => `## ${groupTitles[group] ?? group}\n\n${(groups.get(group) ?? []).sort().join(' · ')}\n`)
    const total = [...groups.values()].reduce((sum, commands) => sum + commands.length, 0)
    return [
      '# Commands of the embedded server\n',
      `\`activeredis-server\` has these ${total} commands of Redis 7.0, read from its command table by`,
      '`node build/scripts/docs/command-table.js`. Arity, flags, key specifications and ACL categories are those that',
      'redis-server 7.0.15 reports. Subcommands that need a part which is missing (`CLUSTER MEET`, `CLUSTER FAILOVER` …)',
      'answer with an error that says so. A command that is not listed is an "unknown command", as in Redis.\n',
      ...sections,
    ].join('\n')
  } finally {
    client.disconnect()
    await node.close()
  }
}

const table = await renderTable()
if (!process.argv.includes('--check')) await writeFile(documentPath, table)
else if ((await readFile(documentPath, 'utf8').catch(() => '')) !== table) {
  console.error('docs/server-commands.md is not current: run node build/scripts/docs/command-table.js')
  process.exitCode = 1
}
