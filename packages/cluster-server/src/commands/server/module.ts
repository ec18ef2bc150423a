import { wireError } from '../../wire-errors.js'
import { type Command, defineCommand } from '../command.js'
import { helpCommand } from '../help-command.js'

const NOT_LOADED = wireError('ERR Error loading the extension. Please check the server logs.')
const NO_SUCH_MODULE = wireError('ERR Error unloading module: no such module with that name')

const list = defineCommand({
  name: 'list',
  arity: 2,
  flags: ['admin', 'noscript'],
  categories: [],
  tips: ['nondeterministic_output_order'],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(N) where N is the number of modules',
  summary: 'Lists the modules: there are none',
  run: () => [],
})

/** Modules are machine code for the process of redis-server. */
const refuseToLoad: Command['run'] = ({ server }, argv) => {
  server.log('warning', `Module ${argv[2] ?? ''} failed to load: this server cannot run modules`)
  throw NOT_LOADED
}

const load = defineCommand({
  name: 'load',
  arity: -3,
  flags: ['admin', 'noscript', 'no_async_loading'],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Refuses to load a module',
  arguments: [
    { name: 'path', type: 'string' },
    { name: 'arg', type: 'string', optional: true, multiple: true },
  ],
  traits: ['forModules'],
  run: refuseToLoad,
})

const loadex = defineCommand({
  name: 'loadex',
  arity: -3,
  flags: ['admin', 'noscript', 'no_async_loading'],
  categories: [],
  group: 'server',
  since: '7.0.0',
  complexity: 'O(1)',
  summary: 'Refuses to load a module',
  arguments: [
    { name: 'path', type: 'string' },
    {
      name: 'configs',
      type: 'block',
      token: 'CONFIG',
      optional: true,
      multiple: true,
      multipleToken: true,
      arguments: [
        { name: 'name', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
    {
      name: 'args',
      type: 'block',
      token: 'ARGS',
      optional: true,
      multiple: true,
      arguments: [{ name: 'arg', type: 'string' }],
    },
  ],
  traits: ['forModules'],
  run: refuseToLoad,
})

const unload = defineCommand({
  name: 'unload',
  arity: 3,
  flags: ['admin', 'noscript', 'no_async_loading'],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Says that there is no such module',
  arguments: [{ name: 'name', type: 'string' }],
  traits: ['forModules'],
  run() {
    throw NO_SUCH_MODULE
  },
})

const HELP = [
  'MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['LIST', 'LOAD <path> [<arg> ...]', 'LOADEX <path> [[CONFIG NAME VALUE]...] [ARGS ...]', 'UNLOAD <name>', 'HELP'],
]

const help = helpCommand({ group: 'server', since: '5.0.0', lines: HELP })

/** Not called `module`: CommonJS, which the tests are compiled to, has that name. */
export const moduleContainer = defineCommand({
  name: 'module',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Modules, of which this server runs none',
  subcommands: [help, list, load, loadex, unload],
})
