// The program of a child process that runs one node of a cluster. Started by `processChannel`.
import process from 'node:process'
import type { MemberRequest } from './member-messages.js'
import { serveMember } from './serve-member.js'

if (process.send === undefined) throw new Error('node-process.js runs as a child of its launcher only')
serveMember({
  post: (response) => process.send?.(response),
  onRequest: (listener) => process.on('message', (request) => listener(request as MemberRequest)),
  onLost: (listener) => process.on('disconnect', listener),
  release: () => {
    if (process.connected) process.disconnect()
  },
})
// A terminal sends the signal to the whole group; the launcher decides when its nodes end.
process.on('SIGINT', () => {})
