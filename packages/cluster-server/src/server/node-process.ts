// The program of a child process that runs one node of a cluster. Started by `processChannel`.
import process from 'node:process'
import type { MessageToMember } from './member-messages.js'
import { serveMember } from './serve-member.js'

if (process.send === undefined) throw new Error('node-process.js runs as a child of its launcher only')
serveMember({
  post: (message) => {
    if (process.connected) process.send?.(message)
  },
  onMessage: (listener) => process.on('message', (message) => listener(message as MessageToMember)),
  onLost: (listener) => process.on('disconnect', listener),
  release: () => {
    if (process.connected) process.disconnect()
  },
})
// A terminal sends the signal to the whole group; the launcher decides when its nodes end.
process.on('SIGINT', () => {})
