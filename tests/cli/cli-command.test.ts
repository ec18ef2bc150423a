import { describe, expect, test } from '@jest/globals'
import { parseCommand } from '../../src/cli/cli-command.js'
import { CliUsageError } from '../../src/cli/cli-usage-error.js'
import { ProgressLine } from '../../src/cli/progress-line.js'

describe('the arguments of activeredis', () => {
  const common = { module: './dist/models.js', models: ['Visit'], url: null, json: false, batchSize: null }

  test('name an action, a module, models and options, in any order', () => {
    expect(parseCommand(['index', 'verify', './dist/models.js#Visit'])).toEqual({
      ...common,
      type: 'index',
      action: 'verify',
      scanKeys: false,
      resume: null,
      limit: null,
    })
    expect(
      parseCommand(['--url', 'redis://h', 'migrate', '--from', '6', '--json', './m.js#A,B', '--batch-size=50']),
    ).toEqual({
      type: 'migrate',
      module: './m.js',
      models: ['A', 'B'],
      url: 'redis://h',
      json: true,
      batchSize: 50,
      from: { partitions: 6 },
      dryRun: false,
      finish: false,
      waitReplicas: null,
    })
    expect(parseCommand(['index', 'sweep', 'models', '--limit', '9'])).toMatchObject({ models: null, limit: 9 })
    expect(parseCommand(['migrate', 'm', '--from', '6', '--wait-replicas', '2'])).toMatchObject({ waitReplicas: 2 })
    expect(parseCommand(['migrate', 'm', '--from', 'cluster', '--dry-run'])).toMatchObject({
      from: 'cluster',
      dryRun: true,
    })
  })

  test('may ask for help and for the version', () => {
    for (const args of [[], ['help'], ['-h'], ['index', '--help']]) expect(parseCommand(args)).toEqual({ type: 'help' })
    expect(parseCommand(['--version'])).toEqual({ type: 'version' })
  })

  test.each<[string[], string]>([
    [['idnex'], "There is no command 'idnex'; there are index and migrate."],
    [['index', 'verfiy', 'm'], "needs one of status, verify, repair, build, rebuild, prune, sweep; got 'verfiy'"],
    [['index', 'verify'], 'A module is missing'],
    [['index', 'verify', 'm', 'n'], "There is an argument too many: 'n'."],
    [['index', 'verify', '#Visit'], "'#Visit' names no module and model"],
    [['index', 'verify', 'm#'], "'m#' names no module and model"],
    [['index', 'verify', 'm', '--batch-size', '0'], "--batch-size is '0'; expected a positive whole number."],
    [['index', 'verify', 'm', '--batch-size', 'ten'], "--batch-size is 'ten'"],
    [['index', 'verify', 'm', '--limit', '3'], "'activeredis index verify' takes no --limit."],
    [['index', 'status', 'm', '--scan-keys'], "'activeredis index status' takes no --scan-keys."],
    [['index', 'verify', 'm', '--from', 'redis'], "'activeredis index verify' takes no --from."],
    [['migrate', 'm'], '--from is nothing; expected redis, cluster or a number of partitions.'],
    [['migrate', 'm', '--from', 'array'], "--from is 'array'"],
    [['migrate', 'm', '--from', 'redis', '--resume', 'x'], "'activeredis migrate' takes no --resume."],
    [['migrate', 'm', '--from', 'redis', '--dry-run', '--finish'], '--dry-run and --finish exclude each other.'],
    [['index', 'verify', 'm', '--nonsense'], "Unknown option '--nonsense'"],
  ])('%j are refused with what is wrong', (args, message) => {
    expect(() => parseCommand(args)).toThrow(CliUsageError)
    expect(() => parseCommand(args)).toThrow(message)
  })
})

describe('a progress line', () => {
  test('is written over itself on a terminal, cut to its width, and removed', () => {
    const written: string[] = []
    const line = new ProgressLine({ isTTY: true, columns: 30, write: (text) => written.push(text) })
    line.show(0.5, 'half of all')
    line.clear()
    line.clear()
    expect(written).toEqual([`\r${'█'.repeat(12)}${'░'.repeat(12)} half\u001b[K`, '\r\u001b[K'])
  })

  test('is nothing where there is no terminal', () => {
    const written: string[] = []
    const line = new ProgressLine({ write: (text) => written.push(text) })
    line.show(1, 'all')
    line.clear()
    expect(written).toEqual([])
  })
})
