// The program of a worker thread that runs one node of a cluster. Started by `threadChannel`.
import { parentPort } from 'node:worker_threads'
import type { MemberRequest } from './member-messages.js'
import { serveMember } from './serve-member.js'

const port = parentPort
if (port === null) throw new Error('node-thread.js runs in a worker thread only')
serveMember({
  post: (response) => port.postMessage(response),
  onRequest: (listener) => port.on('message', (request: MemberRequest) => listener(request)),
  onLost: (listener) => port.on('close', listener),
  release: () => port.close(),
})
