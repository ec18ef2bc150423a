import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rm,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { ConfigReader } from '../../../commands/settings.js'
import { EMPTY_MANIFEST, formatManifest, type LogManifest, parseManifest } from '../../../persistence/log-manifest.js'
import { type SavePaths, syncDirectory } from '../dataset-file.js'

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND

/** The directory of a log and the files in it, by the configuration of this moment. */
export class LogFiles {
  readonly #config: ConfigReader

  constructor(config: ConfigReader) {
    this.#config = config
  }

  /** The name that all files of the log begin with: `appendfilename`. */
  get baseName(): string {
    return this.#config.text('appendfilename')
  }

  get directoryName(): string {
    return this.#config.text('appenddirname')
  }

  /** The single file of Redis before version 7, beside the directory. */
  get oldPath(): string {
    return join(this.#parent, this.baseName)
  }

  get manifestName(): string {
    return `${this.baseName}.manifest`
  }

  /** The increment that is written while there is no base that it belongs to. */
  get temporaryIncrement(): string {
    return `temp-${this.baseName}.incr`
  }

  get directoryExists(): boolean {
    return existsSync(this.#directory)
  }

  path(name: string): string {
    return join(this.#directory, name)
  }

  exists(name: string): boolean {
    return existsSync(this.path(name))
  }

  /**
   * Where a new base is written: under the first name until it is complete, and under the second one after that.
   * `ordinal` tells those of one process apart: the files of one that was aborted go away while the next one begins.
   */
  /** The temporary file of a rewrite that `pid` writes. */
  rewriteTemporary(pid: number, ordinal: number): string {
    return pid === process.pid ? this.rewritePaths(ordinal).temporary : join(this.#parent, `temp-rewriteaof-${pid}.aof`)
  }

  rewritePaths(ordinal: number): SavePaths {
    const mark = ordinal <= 1 ? `${process.pid}` : `${process.pid}.${ordinal}`
    return {
      temporary: join(this.#parent, `temp-rewriteaof-${mark}.aof`),
      final: join(this.#parent, `temp-rewriteaof-bg-${mark}.aof`),
    }
  }

  makeDirectory(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o755 })
  }

  /** Opens a file at its end. */
  open(name: string, isNew: boolean): number {
    return openSync(this.path(name), isNew ? NEW_FILE : 'a', 0o644)
  }

  /** @returns bytes. @throws the system's error when there is no such file */
  sizeOf(name: string): number {
    return statSync(this.path(name)).size
  }

  /** @throws ManifestError, or the system's error */
  readManifest(): LogManifest {
    if (!this.exists(this.manifestName)) return EMPTY_MANIFEST
    return parseManifest(readFileSync(this.path(this.manifestName), 'latin1'))
  }

  /** Replaces the manifest at one go, so that it is always a whole one. */
  writeManifest(manifest: LogManifest): void {
    const temporary = this.path(`temp-${this.manifestName}`)
    const file = openSync(temporary, 'w', 0o644)
    try {
      const bytes = Buffer.from(formatManifest(manifest), 'latin1')
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    const path = this.path(this.manifestName)
    renameSync(temporary, path)
    syncDirectory(path)
  }

  /** Removes a file of which the name may be used again. */
  remove(name: string): void {
    rmSync(this.path(name), { force: true })
  }

  /** Removes a file of which the name is never used again some time soon; that it cannot be removed does no harm. */
  discard(name: string): void {
    rm(this.path(name), { force: true }, () => {})
  }

  get #parent(): string {
    return resolve(this.#config.text('dir'))
  }

  get #directory(): string {
    return join(this.#parent, this.directoryName)
  }
}
