import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import type { ByteSource } from '../../persistence/rdb-reader.js'
import type { SaveSink } from './save-sink.js'

const PIECE_BYTES = 256 * 1024
/** How much of a snapshot is made at a time while the node serves clients. */
const SLICE_BYTES = 32 * 1024
const SLICE_MS = 1
/** How often it is looked whether a delay has changed. */
const LOOK_MS = 100

/** The files of one save. */
export interface SavePaths {
  readonly temporary: string
  readonly final: string
}

/**
 * Writes a snapshot to a temporary file, makes sure that it is on the disk, and puts it in the place of the old file.
 * @throws the system's error; the old file is as it was, and no temporary one is left
 */
export const writeDataset = (snapshot: DatasetSnapshot, { temporary, final }: SavePaths, keyDelayUs: number): void => {
  let file = -1
  try {
    file = openSync(temporary, 'w', 0o644)
    let keys = 0
    for (;;) {
      const piece = snapshot.next(keyDelayUs > 0 ? 1 : PIECE_BYTES)
      if (piece === null) break
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at)
      if (keyDelayUs > 0) sleep(((snapshot.keys - keys) * keyDelayUs) / 1000)
      keys = snapshot.keys
    }
    fsyncSync(file)
    closeSync(file)
    file = -1
    renameSync(temporary, final)
    syncDirectory(final)
  } catch (error) {
    if (file !== -1) closeSync(file)
    rmSync(temporary, { force: true })
    throw error
  } finally {
    snapshot.close()
  }
}

/**
 * As `writeDataset`, in slices between which the node does its other work. A change of the delay takes effect at once.
 * @returns false when it was aborted
 */
export const writeDatasetInSlices = async (
  snapshot: DatasetSnapshot,
  sink: SaveSink,
  keyDelayUs: () => number,
  signal: AbortSignal,
): Promise<boolean> => {
  const interrupted = AbortSignal.any([signal, sink.gone])
  try {
    while (!signal.aborted) {
      const keys = snapshot.keys
      const pieces = nextSlice(snapshot, keyDelayUs())
      if (pieces.length === 0) break
      await sink.write(Buffer.concat(pieces))
      await pauseAfter(snapshot.keys - keys, keyDelayUs, interrupted)
    }
    if (!signal.aborted) await sink.close()
    if (signal.aborted) sink.discard()
    else sink.place()
    return !signal.aborted
  } catch (error) {
    sink.discard()
    if (signal.aborted) return false
    throw error
  } finally {
    snapshot.close()
  }
}

/** What takes a slice's time to make, or so many keys that the delay after them takes that. */
const nextSlice = (snapshot: DatasetSnapshot, keyDelayUs: number): Buffer[] => {
  const pieces: Buffer[] = []
  const startedAt = performance.now()
  const keys = snapshot.keys
  do {
    const piece = snapshot.next(keyDelayUs > 0 ? 1 : SLICE_BYTES)
    if (piece === null) break
    pieces.push(piece)
  } while (performance.now() - startedAt + delayAfter(snapshot.keys - keys, keyDelayUs) < SLICE_MS)
  return pieces
}

/** Milliseconds to wait after so many keys. */
const delayAfter = (keys: number, keyDelayUs: number): number => (keys * Math.max(0, keyDelayUs)) / 1000

/** The entry of a renamed file is safe only with its directory. Not every file system lets one be synced. */
export const syncDirectory = (path: string): void => {
  try {
    const directory = openSync(dirname(path), 'r')
    try {
      fsyncSync(directory)
    } finally {
      closeSync(directory)
    }
  } catch {}
}

const sleep = (milliseconds: number): void => {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

const pauseAfter = async (keys: number, keyDelayUs: () => number, signal: AbortSignal): Promise<void> => {
  const startedAt = performance.now()
  while (!signal.aborted) {
    const leftMs = delayAfter(keys, keyDelayUs()) - (performance.now() - startedAt)
    if (leftMs <= 0) return
    await pause(Math.min(leftMs, LOOK_MS), signal)
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted || milliseconds <= 0) return resolve()
    const end = (): void => {
      clearTimeout(timeout)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timeout = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })

/** The bytes of an open file. */
export class FileSource implements ByteSource {
  #left: number

  constructor(
    readonly descriptor: number,
    readonly sizeBytes: number,
  ) {
    this.#left = sizeBytes
  }

  get remaining(): number {
    return this.#left
  }

  read(buffer: Uint8Array, at: number): number {
    const count = readSync(this.descriptor, buffer, at, buffer.length - at, null)
    this.#left = count === 0 ? 0 : Math.max(0, this.#left - count)
    return count
  }
}
