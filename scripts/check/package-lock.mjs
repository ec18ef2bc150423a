// `npm ci` refuses a lock file that lacks a package which another one names, be it for another platform. npm itself
// writes such a file where a registry mirror does not offer all platforms.
import { readFileSync } from 'node:fs'

/** The entry that `name` means to the package at `parent`, searched upwards as Node.js does; undefined when missing. */
const resolve = (packages, parent, name) => {
  for (let base = parent; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))) {
    const path = `${base === '' ? '' : `${base}/`}node_modules/${name}`
    if (path in packages) return packages[path]
    if (base === '') return undefined
    if (!base.includes('node_modules/')) base = ''
  }
}

/** The packages that the lock names and does not have: `{ parent, name, version }`. */
export function missingPackages(lock) {
  const missing = new Map()
  for (const [parent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries({ ...entry.dependencies, ...entry.optionalDependencies })) {
      if (resolve(lock.packages, parent, name) === undefined) missing.set(name, { parent, name, version })
    }
  }
  return [...missing.values()]
}

/** @returns a line for each package that the lock of the checkout at `directory` names and does not have. */
export function checkPackageLock(directory = '.') {
  const lock = JSON.parse(readFileSync(`${directory}/package-lock.json`, 'utf8'))
  const missing = missingPackages(lock)
  const lines = missing.map(({ parent, name, version }) => `package-lock.json: ${parent} needs ${name}@${version}`)
  return missing.length === 0 ? [] : [...lines, 'npm ci would fail; run: node scripts/complete-package-lock.mjs']
}
