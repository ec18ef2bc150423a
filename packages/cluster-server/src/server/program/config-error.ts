/** A configuration that the program cannot start with. `report` is what it prints before it ends with status 1. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'

  constructor(
    readonly report: string,
    options?: ErrorOptions,
  ) {
    super(report.trim(), options)
  }
}
