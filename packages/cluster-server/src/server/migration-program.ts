// The program of the thread behind `MigrationThread`.
import { workerData } from 'node:worker_threads'
import type { MigrationRequest } from '../commands/migration-state.js'
import { MigrationLinks } from './migration/migration-links.js'
import type { MigrationThreadData } from './migration/migration-thread.js'

const PULSE_MS = 200
const HOUSEKEEPING_MS = 1000

const { port, done, pulse }: MigrationThreadData = workerData
const links = new MigrationLinks(() => Date.now())

port.on('message', (request: MigrationRequest) => {
  void links.transfer(request).then((outcome) => {
    port.postMessage(outcome)
    Atomics.add(done, 0, 1)
    Atomics.notify(done, 0)
  })
})
setInterval(() => Atomics.add(pulse, 0, 1), PULSE_MS)
setInterval(() => links.closeIdle(), HOUSEKEEPING_MS)
