import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { startRedisServer } from '../../../../../tests/support/redis-server.js'
import { formatNodesFile, type NodesFile } from '../../../src/cluster/nodes-file.js'
import { NodesFileStore, NodesFileStoreError } from '../../../src/server/cluster/nodes-file-store.js'
import { sampleFile } from '../../cluster/nodes-files.js'
import { describeBesideRedis } from '../../support/server-pair.js'

jest.setTimeout(60_000)

const LOADER = new URL('../../../../../tests/support/typescript-loader.mjs', `file://${__filename}`).href
const STORE = new URL('../../../src/server/cluster/nodes-file-store.ts', `file://${__filename}`).href
const text = formatNodesFile(sampleFile)
const newer: NodesFile = { ...sampleFile, currentEpoch: 99 }

let directory: string
let path: string
const stores: NodesFileStore[] = []
const children: ChildProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'activeredis-nodes-'))
  path = join(directory, 'nodes.conf')
})

afterEach(async () => {
  for (const store of stores.splice(0)) store.close()
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
  }
  rmSync(directory, { recursive: true, force: true })
})

const open = (file = path): NodesFileStore => {
  const store = NodesFileStore.open(file)
  stores.push(store)
  return store
}

const failure = (file = path): string => {
  try {
    open(file)
  } catch (error) {
    if (error instanceof NodesFileStoreError) return error.message
    throw error
  }
  return 'none'
}

/** Another process that opens the file, says so, and then does as told. */
const anotherProcess = async (then: string): Promise<ChildProcess> => {
  const program = `
    import { register, syncBuiltinESMExports } from 'node:module'
    import fs from 'node:fs'
    register(${JSON.stringify(LOADER)})
    const { NodesFileStore } = await import(${JSON.stringify(STORE)})
    const store = NodesFileStore.open(${JSON.stringify(path)})
    console.log('open')
    ${then}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'close').then(() => {
      throw new Error(errors)
    }),
  ])
  return child
}

const USED = 'Sorry, the cluster configuration file'
const usedMessage = (file: string) =>
  `${USED} ${file} is already used by a different Redis Cluster node. ` +
  'Please make sure that different nodes use different cluster configuration files.'

describe('a file of nodes', () => {
  test('that is not there is made, and holds nothing', () => {
    expect(open().loaded).toBeNull()
    expect(readFileSync(path, 'latin1')).toBe('')
    expect(statSync(path).mode & 0o777).toBe(0o644 & ~process.umask())
  })

  test('that is empty holds nothing', () => {
    writeFileSync(path, '')
    expect(open().loaded).toBeNull()
  })

  test('is what was saved, with and without waiting for the disk', () => {
    const store = open()
    store.save(sampleFile, true)
    expect(readFileSync(path, 'latin1')).toBe(text)
    store.save(newer, false)
    expect(readdirSync(directory)).toEqual(['nodes.conf'])
    store.close()
    expect(open().loaded).toEqual(newer)
  })

  test('is replaced as a whole, also where nobody waits for the disk', () => {
    const store = open()
    const shorter: NodesFile = { ...sampleFile, nodes: sampleFile.nodes.slice(0, 2) }
    let { ino } = statSync(path)
    for (const file of [shorter, newer, shorter]) {
      store.save(file, false)
      expect(readFileSync(path, 'latin1')).toBe(formatNodesFile(file))
      expect(statSync(path).ino).not.toBe(ino)
      ino = statSync(path).ino
    }
    expect(readdirSync(directory)).toEqual(['nodes.conf'])
  })

  test('may end in empty lines, which redis-server leaves when it dies before it has shortened the file', () => {
    writeFileSync(path, `${text}\n\n\n`)
    expect(open().loaded).toEqual(sampleFile)
  })

  test('keeps its permissions', () => {
    writeFileSync(path, text)
    chmodSync(path, 0o600)
    open().save(newer, true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('behind a symbolic link is replaced itself, and the link stays', () => {
    mkdirSync(join(directory, 'real'))
    symlinkSync('real/nodes.conf', path)
    open().save(newer, true)
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(directory, 'real/nodes.conf'), 'latin1')).toBe(formatNodesFile(newer))
  })

  test('that is damaged is refused by name, line and reason, and stays as it is', () => {
    for (const [damaged, reason] of [
      [text.slice(0, 300), ', line 2: the file was cut off: this line does not end'],
      [text.replace('fail,', 'lost,'), ', line 4: "master,lost,noaddr" are no flags of a node'],
      [text.slice(0, text.indexOf('vars')), ': the file was cut off: the line of its variables is missing'],
      ['port 7000\n', ', line 1: a node has at least 8 fields, here are 2'],
    ] as const) {
      writeFileSync(path, damaged)
      expect(failure()).toBe(`Unrecoverable error: corrupted cluster config file. ${path}${reason}`)
      expect(readFileSync(path, 'latin1')).toBe(damaged)
    }
    expect(readdirSync(directory)).toEqual(['nodes.conf'])
    writeFileSync(path, text)
    expect(open().loaded).toEqual(sampleFile)
  })

  test('that cannot be opened is refused in the words of redis-server', () => {
    expect(failure(directory)).toBe(`Can't open ${directory} in order to acquire a lock: Is a directory`)
    const lost = join(directory, 'none/nodes.conf')
    expect(failure(lost)).toBe(`Can't open ${lost} in order to acquire a lock: No such file or directory`)
  })

  test.each(['writeFileSync', 'fsyncSync', 'renameSync'] as const)(
    'is as before when saving it fails (%s), and nothing else is left',
    (call) => {
      writeFileSync(path, text)
      const store = open()
      const broken = jest.spyOn(fs, call).mockImplementation(() => {
        throw new Error('no space left on device')
      })
      try {
        expect(() => store.save(newer, true)).toThrow('no space left on device')
      } finally {
        broken.mockRestore()
      }
      expect(readFileSync(path, 'latin1')).toBe(text)
      expect(readdirSync(directory)).toEqual(['nodes.conf'])
      store.save(newer, true)
      expect(readFileSync(path, 'latin1')).toBe(formatNodesFile(newer))
    },
  )

  test('is as before when the process dies between its temporary file and the renaming, which the next one removes', async () => {
    writeFileSync(path, text)
    const child = await anotherProcess(`
      fs.renameSync = () => process.kill(process.pid, 'SIGKILL')
      syncBuiltinESMExports()
      store.save({ ...store.loaded, currentEpoch: 99 }, true)`)
    const [, signal] =
      child.exitCode === null && child.signalCode === null ? await once(child, 'close') : [0, child.signalCode]
    expect(signal).toBe('SIGKILL')
    expect(readdirSync(directory).sort()).toEqual(['nodes.conf', 'nodes.conf.tmp'])
    expect(readFileSync(path, 'latin1')).toBe(text)
    expect(open().loaded).toEqual(sampleFile)
    expect(readdirSync(directory)).toEqual(['nodes.conf'])
  })
})

describe('a file that is used', () => {
  test('is refused to a second node of the same process, by whatever path, until the first one ends', () => {
    symlinkSync(directory, join(directory, 'link'))
    const store = open()
    store.save(sampleFile, true)
    for (const other of [path, relative(process.cwd(), path), join(directory, 'link/nodes.conf')]) {
      expect(failure(other)).toBe(usedMessage(other))
    }
    expect(failure(join(directory, 'other.conf'))).toBe('none')
    store.close()
    store.close()
    expect(open().loaded).toEqual(sampleFile)
  })

  test('is refused while another process has it, and free when that one was killed', async () => {
    writeFileSync(path, text)
    const child = await anotherProcess('setInterval(() => {}, 1000)')
    expect(failure()).toBe(usedMessage(path))
    expect(readFileSync(path, 'latin1')).toBe(text)
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(open().loaded).toEqual(sampleFile)
  })

  test('does not keep a process alive', async () => {
    const child = await anotherProcess('')
    if (child.exitCode === null) await once(child, 'close')
    expect(child.exitCode).toBe(0)
  })
})

describeBesideRedis('a file of a redis-server', () => {
  test('is refused while that runs, and can be used afterwards', async () => {
    const server = await startRedisServer({ directory, args: ['--cluster-enabled', 'yes'] })
    let written: string
    try {
      expect(existsSync(path)).toBe(true)
      expect(failure()).toBe(usedMessage(path))
      written = readFileSync(path, 'latin1')
    } finally {
      await server.stop()
    }
    expect(formatNodesFile(open().loaded!)).toBe(written)
  })
})
