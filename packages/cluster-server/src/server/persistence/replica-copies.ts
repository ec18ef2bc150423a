import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerState } from '../../commands/context.js'
import { functionsOf } from '../../commands/scripting/function-libraries.js'
import type { HistoryPoint } from '../../peers/replication-history.js'
import type { CopyContents, CopyFile, CopyOutcome, CopySave, CopySink } from '../../peers/replication-host.js'
import { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import { RdbForm } from '../../persistence/rdb-form.js'
import { countedSnapshot } from './counted-snapshot.js'
import { datasetFormat, datasetHeader, datasetPath } from './dataset-settings.js'
import type { Persistence } from './persistence.js'
import { openReplicaSink } from './replica-sink.js'
import { openFileSink, type SaveTarget } from './save-sink.js'

/** Nothing of this is a file. */
const NO_FILE: SaveTarget = { temporaryOf: () => '', final: '' }

/** A file with a copy, read in pieces. */
class OpenCopy implements CopyFile {
  readonly sizeBytes: number
  readonly #file: number
  #position = 0

  constructor(path: string) {
    this.#file = openSync(path, 'r')
    this.sizeBytes = fstatSync(this.#file).size
  }

  read(length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length)
    const count = readSync(this.#file, buffer, 0, length, this.#position)
    this.#position += count
    return buffer.subarray(0, count)
  }

  close(): void {
    closeSync(this.#file)
  }
}

const openCopy = (path: string): CopyFile | null => {
  try {
    return new OpenCopy(path)
  } catch {
    return null
  }
}

/** The copies that a node makes of its data for replicas. */
export class ReplicaCopies {
  readonly #server: () => ServerState
  readonly #persistence: () => Persistence
  readonly #hasFile: () => boolean
  readonly #usesProcess: () => boolean
  #ordinal = 0

  /**
   * @param hasFile Whether the node has a file for its data, in which a copy may lie.
   * @param usesProcess Whether a process of its own passes on what is streamed.
   */
  constructor(
    server: () => ServerState,
    persistence: () => Persistence,
    hasFile: () => boolean,
    usesProcess: () => boolean,
  ) {
    this.#server = server
    this.#persistence = persistence
    this.#hasFile = hasFile
    this.#usesProcess = usesProcess
  }

  /** Writes all data to the file of the node; to a temporary one, when it has none. */
  save(point: HistoryPoint, onEnd: (outcome: CopyOutcome) => void): CopySave {
    if (!this.#hasFile()) return this.#saveAside(point, onEnd)
    const path = datasetPath(this.#server().config)
    const save = this.#persistence().beginSave((isComplete) =>
      onEnd(
        isComplete
          ? { type: 'complete', open: () => openCopy(path), release: () => this.#release(path) }
          : { type: 'failed' },
      ),
    )
    if (save === null) setImmediate(() => onEnd({ type: 'failed' }))
    return { abort: () => save?.abort() }
  }

  /** Makes an RDB of all data, or of a part of them, for `sink`. */
  stream(point: HistoryPoint, contents: CopyContents, sink: CopySink, onEnd: (outcome: CopyOutcome) => void): CopySave {
    return this.#persistence().beginTransfer(
      this.#snapshot(point, contents),
      () => openReplicaSink(sink, this.#usesProcess()),
      NO_FILE,
      (isComplete) => onEnd(isComplete ? { type: 'complete' } : { type: 'failed' }),
    )
  }

  /** Those who read it have it open. */
  #release(path: string): void {
    if (!this.#persistence().removesCopies) return
    this.#server().log('notice', 'Removing the RDB file used to feed replicas in a persistence-less instance')
    rmSync(path, { force: true })
  }

  #saveAside(point: HistoryPoint, onEnd: (outcome: CopyOutcome) => void): CopySave {
    const path = join(tmpdir(), `activeredis-${process.pid}-${this.#server().identity.port}-${++this.#ordinal}.rdb`)
    const target = { temporaryOf: () => `${path}.part`, final: path }
    return this.#persistence().beginTransfer(this.#snapshot(point, 'everything'), openFileSink, target, (isComplete) =>
      onEnd(
        isComplete
          ? { type: 'complete', open: () => openCopy(path), release: () => rmSync(path, { force: true }) }
          : { type: 'failed' },
      ),
    )
  }

  #snapshot(point: HistoryPoint, contents: CopyContents): DatasetSnapshot {
    const server = this.#server()
    const form = new RdbForm(datasetFormat(server.config), {
      ...datasetHeader(server, 'snapshot', point),
      functions: contents === 'nothing' ? [] : functionsOf(server).sources(),
    })
    return countedSnapshot(server, () => new DatasetSnapshot(contents === 'everything' ? server.databases : [], form))
  }
}
