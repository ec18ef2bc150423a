// Adds to package-lock.json the optional packages for other platforms that a registry mirror did not offer when npm
// wrote it. Without them `npm ci` fails everywhere. Their versions are those that their parents pin; they carry no
// checksum, which npm adds where it can.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { missingPackages } from './check/package-lock.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'x64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x']
const LIBRARIES = { gnu: 'glibc', musl: 'musl' }

/** The platform in a name such as `@swc/core-linux-arm64-musl`; undefined where there is none. */
const platformOf = (name) => {
  const words = name.slice(name.indexOf('/') + 1).split('-')
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  const libc = LIBRARIES[words.at(-1)]
  return os === undefined || cpu === undefined ? undefined : { cpu: [cpu], ...(libc && { libc: [libc] }), os: [os] }
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const missing = missingPackages(lock)
for (const { parent, name, version } of missing) {
  const platform = platformOf(name)
  if (platform === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`${parent} needs ${name}@${version}, which is no package for one platform: run npm install`)
  }
  const { dev, license } = lock.packages[parent]
  lock.packages[`node_modules/${name}`] = { version, ...(dev && { dev }), license, optional: true, ...platform }
}
const sorted = Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, 'en'))
writeFileSync('package-lock.json', `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
console.log(`package-lock.json: ${missing.length} packages added`)
