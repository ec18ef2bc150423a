import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, {
  chmodSync,
  existsSync,
  linkSync,
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
import { until } from '../../../../../tests/support/until.js'
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

  const shorter: NodesFile = { ...sampleFile, nodes: sampleFile.nodes.slice(0, 2) }
  const inode = () => statSync(path).ino

  test('is written over in one piece where nobody waits for the disk, and keeps its size', () => {
    const store = open()
    store.save(newer, true)
    const ino = inode()
    for (const file of [shorter, newer, shorter]) {
      store.save(file, false)
      expect(readFileSync(path, 'latin1')).toBe(formatNodesFile(file).padEnd(text.length, '\n'))
      expect(inode()).toBe(ino)
    }
    expect(readdirSync(directory)).toEqual(['nodes.conf'])
    store.close()
    expect(readFileSync(path, 'latin1')).toBe(formatNodesFile(shorter))
    expect(inode()).not.toBe(ino)
    expect(open().loaded).toEqual(shorter)
  })

  /** Saves a file, and says whether that replaced it. */
  const isReplaced = (store: NodesFileStore, file: NodesFile, fsync = false): boolean => {
    const ino = inode()
    store.save(file, fsync)
    expect(readFileSync(path, 'latin1').replace(/\n+$/, '\n')).toBe(formatNodesFile(file))
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([])
    return inode() !== ino
  }

  test('is replaced as a whole where it needs more room, more than a page, or the disk is waited for', () => {
    const store = open()
    const [own, other] = [sampleFile.nodes[0]!, sampleFile.nodes[1]!]
    const large: NodesFile = { ...sampleFile, nodes: [own, ...Array.from({ length: 40 }, () => other)] }
    expect(isReplaced(store, shorter)).toBe(true)
    expect(isReplaced(store, sampleFile)).toBe(true)
    expect(isReplaced(store, shorter)).toBe(false)
    expect(isReplaced(store, shorter, true)).toBe(true)
    expect(isReplaced(store, large)).toBe(true)
    expect(isReplaced(store, large)).toBe(true)
    expect(isReplaced(store, shorter)).toBe(true)
  })

  test('that was written over is replaced soon, once for all changes, and when it is closed', async () => {
    const store = open()
    store.save(sampleFile, true)
    const ino = inode()
    for (const file of [newer, shorter]) store.save(file, false)
    expect(inode()).toBe(ino)
    await until(() => inode() !== ino)
    expect(readFileSync(path, 'latin1')).toBe(formatNodesFile(shorter))
    const replaced = inode()
    store.save({ ...shorter, currentEpoch: 77 }, false)
    expect(inode()).toBe(replaced)
    store.close()
    expect(inode()).not.toBe(replaced)
    const again = open()
    expect(again.loaded?.currentEpoch).toBe(77)
    // What was saved since is not undone.
    again.save(newer, false)
    again.save(shorter, true)
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(readFileSync(path, 'latin1')).toBe(formatNodesFile(shorter))
  })

  test('is replaced where it has another name, whose text stays, or is gone', () => {
    const store = open()
    store.save(sampleFile, true)
    linkSync(path, join(directory, 'copy.conf'))
    expect(isReplaced(store, shorter)).toBe(true)
    expect(readFileSync(join(directory, 'copy.conf'), 'latin1')).toBe(text)
    rmSync(path)
    store.save(shorter, false)
    expect(readFileSync(path, 'latin1')).toBe(formatNodesFile(shorter))
  })

  test('is replaced where it cannot be written over, or only a part of it was', () => {
    const store = open()
    store.save(sampleFile, true)
    for (const result of [-1, 0, 100]) {
      const broken = jest.spyOn(fs, 'writeSync').mockImplementationOnce(() => {
        if (result === -1) throw new Error('input/output error')
        return result
      })
      try {
        expect(isReplaced(store, shorter)).toBe(true)
      } finally {
        broken.mockRestore()
      }
      store.save(sampleFile, true)
    }
  })

  test('is one of those that were saved, whole, whenever the process is killed', async () => {
    for (const waitMs of [0, 3, 20]) {
      writeFileSync(path, text)
      const child = await anotherProcess(`
        const file = store.loaded
        for (let epoch = 1; ; epoch = (epoch % 1_000_000) * 7 + 1) {
          store.save({ ...file, nodes: file.nodes.slice(0, 2 + (epoch % 3)), currentEpoch: epoch, lastVoteEpoch: epoch }, false)
        }`)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      child.kill('SIGKILL')
      await once(child, 'close')
      const store = open()
      expect([2, 3, 4]).toContain(store.loaded?.nodes.length)
      if (store.loaded?.currentEpoch !== 12) expect(store.loaded?.lastVoteEpoch).toBe(store.loaded?.currentEpoch)
      store.close()
    }
  })

  test('may end in empty lines, which a file that was written over and has become shorter has', () => {
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
