import type { BuildReport, PruneReport } from '../repositories/indexed/maintenance/index-maintenance.js'
import type { IndexReport } from '../repositories/indexed/maintenance/index-report.js'
import type { IndexStatus } from '../repositories/indexed/maintenance/index-status.js'
import type { MigrationReport } from '../repositories/migration/migrate-records.js'

/** A report of `verify`, `repair` or `rebuild` for a person. */
export function inspectionText(report: IndexReport): string {
  const { model, records, entries, partitions, missing, stale, orphaned, mended } = report
  const lines = [
    `${model}: ${counted(records, 'record')}, ${counted(entries, 'entry')} in ${counted(partitions, 'partition')}`,
  ]
  if (report.notReady.length > 0) lines.push(`  not ready: ${report.notReady.join(', ')} (build completes them)`)
  if (report.unknown.length > 0) lines.push(`  of another release: ${report.unknown.join(', ')} (prune drops them)`)
  if (missing + stale + orphaned === 0) lines.push('  no entry is missing, stale or orphaned')
  for (const found of report.indexes) {
    lines.push(`  ${found.index}: ${found.missing} missing, ${found.stale} stale, ${found.orphaned} orphaned`)
    for (const { finding, id, key } of found.examples.slice(0, 3)) lines.push(`    ${finding} ${id} ${key}`.trimEnd())
  }
  if (mended > 0) lines.push(`  ${mended} mended`)
  return lines.join('\n')
}

/** What `build` did, for a person. */
export function buildText({ model, partitions, records, mended }: BuildReport): string {
  return `${model}: ${counted(partitions, 'partition')} ready; ${counted(records, 'record')} looked at, ${mended} got entries`
}

/** What `prune` did, for a person. */
export function pruneText({ model, partitions, inUse }: PruneReport): string {
  const left = inUse === 0 ? '' : `; ${counted(inUse, 'partition')} left, because another release writes there`
  return `${model}: indexes dropped from ${counted(partitions, 'partition')}${left}`
}

/** How indexes are, for a person. */
export function statusText({ model, partitions, records, indexes }: IndexStatus): string {
  const lines = [`${model}: ${counted(records, 'record')} in ${counted(partitions, 'partition')}`]
  for (const { index, state, readyPartitions, knownPartitions } of indexes) {
    const part = state === 'building' ? ` (ready in ${readyPartitions} of ${knownPartitions} partitions)` : ''
    lines.push(`  ${index}: ${state}${part}`)
  }
  return lines.join('\n')
}

/** What a migration did, for a person. */
export function migrationText(report: MigrationReport, isFinish: boolean): string {
  const { model, from, to, dryRun, found, moved, left, failures } = report
  if (isFinish) return `${model}: the migration from ${from} to ${to} is finished`
  const moves = dryRun ? `${moved} would be moved` : `${moved} moved, ${left} left`
  const lines = [`${model}, ${from} to ${to}: ${counted(found, 'record')} found, ${moves}`]
  for (const { id, reason } of failures) lines.push(`  ${id}: ${reason}`)
  return lines.join('\n')
}

function counted(count: number, what: string): string {
  const many = what.endsWith('y') ? `${what.slice(0, -1)}ies` : `${what}s`
  return `${count} ${count === 1 ? what : many}`
}
