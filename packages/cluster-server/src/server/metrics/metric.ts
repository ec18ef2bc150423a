/** One number that is measured, with labels where there are several of a kind. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What is measured, and what came of it now. */
export interface Metric {
  /** Without the prefix that all share. */
  readonly name: string
  readonly help: string
  /** A counter only grows while the node runs. */
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly Sample[]
}

const PREFIX = 'activeredis_'

const labelText = (labels: Sample['labels'] = {}): string => {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = String(value).replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
    return `${name}="${escaped}"`
  })
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** Metrics in the text format of Prometheus, version 0.0.4; one without samples is left out. */
export const metricsText = (metrics: readonly Metric[]): string =>
  metrics
    .filter(({ samples }) => samples.length > 0)
    .map(
      ({ name, help, type, samples }) =>
        `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n` +
        samples.map(({ labels, value }) => `${PREFIX}${name}${labelText(labels)} ${value}\n`).join(''),
    )
    .join('')
