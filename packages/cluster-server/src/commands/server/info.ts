import { VerbatimReply } from '../../resp/reply.js'
import { defineCommand } from '../command.js'
import type { ServerState } from '../context.js'
import { SECTIONS } from './info-sections.js'

/** The sections that `names` ask for, as INFO answers them. */
export const infoText = (server: ServerState, names: readonly string[]): string => {
  const wanted = new Set(names.map((word) => word.toLowerCase()))
  const everything = wanted.has('all') || wanted.has('everything')
  const defaults = wanted.size === 0 || wanted.has('default')
  return SECTIONS.filter(
    ({ name, listedBy }) =>
      (everything && listedBy !== 'named') || (defaults && listedBy === 'default') || wanted.has(name),
  )
    .map(({ title, lines }) => {
      const facts = lines(server).map(([name, value]) => `${name}:${value}\r\n`)
      return `# ${title}\r\n${facts.join('')}`
    })
    .join('\r\n')
}

export const info = defineCommand({
  name: 'info',
  arity: -1,
  flags: ['loading', 'stale'],
  categories: ['dangerous'],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Describes the state of the server in sections',
  arguments: [{ name: 'section', type: 'string', optional: true, multiple: true }],
  run: ({ server }, argv) => new VerbatimReply('txt', infoText(server, argv.slice(1))),
})
