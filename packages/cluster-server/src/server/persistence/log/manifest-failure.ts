import { ManifestError } from '../../../persistence/log-manifest.js'
import type { LogLevel } from '../../node-options.js'
import { systemReason } from './error-text.js'

/** Tells the log why a manifest cannot be used: it cannot be read, or one of its lines is wrong. */
export const logManifestFailure = (
  error: unknown,
  name: string,
  log: (level: LogLevel, message: string) => void,
): void => {
  if (!(error instanceof ManifestError)) {
    log('warning', `Fatal error: can't open the AOF manifest file ${name} for reading: ${systemReason(error)}`)
    return
  }
  log('warning', '*** FATAL AOF MANIFEST FILE ERROR ***')
  if (error.line !== null) {
    log('warning', `Reading the manifest file, at line ${error.lineNumber}`)
    log('warning', `>>> '${error.line}'`)
  }
  log('warning', error.message)
}
