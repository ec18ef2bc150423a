import { datasetDigest, valueDigest } from '../../persistence/dataset-digest.js'
import { OK, type Reply, Status } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import type { CommandContext, ServerState } from '../context.js'

const RELOAD_OPTIONS = wireError('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.')

/** DEBUG RELOAD: writes the file, removes all data and loads the file; each as far as the options leave it. */
export const reload = ({ server }: CommandContext, argv: readonly string[]): Reply => {
  const options = argv.slice(2).map((word) => word.toUpperCase())
  if (options.some((option) => option !== 'MERGE' && option !== 'NOFLUSH' && option !== 'NOSAVE')) throw RELOAD_OPTIONS
  const refusal = server.persistence.reload({
    saves: !options.includes('NOSAVE'),
    flushes: !options.includes('NOFLUSH'),
    replaces: options.includes('MERGE'),
  })
  if (refusal !== null) throw refusal
  if (!options.includes('NOFLUSH')) server.tracking.invalidateAll()
  return OK
}

/** DEBUG LOADAOF. */
export const loadLog = (context: CommandContext): Reply => {
  const { server } = context
  const refusal = server.persistence.reloadLog()
  // What the log says is in it already, and this command is no part of it.
  context.propagateNothing()
  if (refusal !== null) throw refusal
  server.tracking.invalidateAll()
  return OK
}

/** DEBUG DIGEST. */
export const digest = ({ databases }: ServerState): Reply => new Status(datasetDigest(databases))

/** DEBUG DIGEST-VALUE. */
export const digestValues = ({ db }: CommandContext, argv: readonly string[]): Reply =>
  argv.slice(2).map((key) => new Status(valueDigest(db.peek(key), db.deadline(key) !== undefined)))

/** DEBUG SET-SKIP-CHECKSUM-VALIDATION. */
export const skipChecksums = ({ server }: CommandContext, argv: readonly string[]): Reply => {
  server.persistence.comparesChecksums = (Number.parseInt(argument(argv, 2), 10) || 0) === 0
  return OK
}
