// npm run test:full: all tests with their long settings (more random runs, larger data). Arguments go to Jest.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const args = ['node_modules/jest/bin/jest.js', '--config', 'config/jest.config.mjs', ...process.argv.slice(2)]
const result = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, FULL: '1' } })
process.exitCode = result.status ?? 1
