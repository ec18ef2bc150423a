// The program of a worker thread that runs one node of a cluster. Started by `threadChannel`.
import { parentPort } from 'node:worker_threads'
import type { MessageToMember } from './member-messages.js'
import { serveMember } from './serve-member.js'

const port = parentPort
if (port === null) throw new Error('node-thread.js runs in a worker thread only')
serveMember({
  post: (message) => port.postMessage(message),
  onMessage: (listener) => port.on('message', (message: MessageToMember) => listener(message)),
  onLost: (listener) => port.on('close', listener),
  release: () => port.close(),
})
