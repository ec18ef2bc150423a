import { spawnSync } from 'node:child_process'

const PROGRAM = `
  const { createServer } = require('node:net')
  const address = { port: Number(process.argv[1]), host: process.argv[2], ipv6Only: true }
  createServer().on('error', () => process.exit(1)).listen(address, () => process.exit(0))
`

/**
 * Whether a port can be listened on, known at once: Node's own `listen` tells only later, when CONFIG SET has been answered.
 * A process of its own tries it, which takes some 50 ms.
 */
export const canListen = (host: string, port: number): boolean =>
  spawnSync(process.execPath, ['-e', PROGRAM, String(port), host], { stdio: 'ignore' }).status === 0
