/**
 * Every error of this package: its stable `code`, and what it means. A new error is one row here and one class.
 */
export const ERROR_CODES = {
  MODEL_NOT_FOUND: 'A record that must exist does not.',
  MULTIPLE_RECORDS: 'Several records are there where exactly one is expected.',
  DUPLICATE_KEY: 'A record with this key exists already.',
  STALE_MODEL: 'A record is not as the condition of a write demands; nothing was written.',
  UNIQUE: 'Another record holds a value that must be unique.',
  OUT_OF_RANGE: 'An increment would take a number past its floor or ceiling.',
  BULK_WRITE: 'Some records of a bulk write failed; the others were written.',
  MASS_ASSIGNMENT: 'An attribute that is guarded was given among many.',
  AMBIGUOUS_KEY: 'Several records have the key, under different hash tags.',
  TRANSACTION_CANCELLED: 'A handler cancelled a write of a transaction; nothing was written.',
  INVALID_KEY: 'A key is missing, blank or cannot be stored.',
  ATTRIBUTE_NOT_SEARCHABLE: 'A query names an attribute that has no index for the question.',
  INDEX_NOT_READY: 'An index does not hold all records yet.',
  SCAN_REFUSED: 'Strict mode refuses a query that no index answers.',
  CAST: 'A value does not fit its attribute.',
  JSON_ENCODING: 'A value cannot be written as JSON.',
  INVALID_ARGUMENT: 'A method was called with an argument that it does not accept.',
  INVALID_STATE: 'A method was called on an object that is not in a state for it.',
  DEFINITION: 'A model class is declared wrongly.',
  CONFIGURATION: 'A connection or repository is configured wrongly.',
  CONNECTION: 'A server could not be reached, or went away before it answered.',
  SERVER: 'A server answered with an error.',
  CROSS_SLOT: 'Keys of one request lie in different hash slots.',
  REPLICATION: 'A write is stored on its primary, but not confirmed by as many replicas as were asked for.',
} as const

/** One of the stable codes of `ERROR_CODES`. */
export type ErrorCode = keyof typeof ERROR_CODES
