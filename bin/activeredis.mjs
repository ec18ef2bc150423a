#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { runCli } from '../dist/cli/main.js'

const controller = new AbortController()
// The first interrupt lets the step under way end; the second ends the process as usual.
for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, () => controller.abort(new Error('interrupted')))
}
const { stdout, stderr } = process
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const code = await runCli(process.argv.slice(2), { stdout, stderr, signal: controller.signal, version })
// A module may have opened connections of its own, which would keep the process alive.
stdout.write('', () => process.exit(code))
