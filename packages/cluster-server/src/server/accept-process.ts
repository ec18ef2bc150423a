// The program of a child process that accepts connections while its node runs a script, and passes their bytes on.
// Descriptor 3 is the listening socket; standard input and output carry the frames.
import { createServer, type Socket } from 'node:net'
import { encodeFrame, FrameReader, FrameType } from './busy/frames.js'

const LISTENING_DESCRIPTOR = 3
const sockets = new Map<number, Socket>()
let lastId = 0

const send = (type: number, id: number, payload?: Uint8Array): void => {
  process.stdout.write(encodeFrame(type, id, payload))
}

const listener = createServer({ noDelay: true, keepAlive: true }, (socket) => {
  const id = ++lastId
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  sockets.set(id, socket)
  send(FrameType.opened, id, Buffer.from(JSON.stringify({ remoteAddress, remotePort, localAddress, localPort })))
  socket.on('data', (chunk) => send(FrameType.data, id, chunk))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    if (sockets.delete(id)) send(FrameType.ended, id)
  })
})
listener.listen({ fd: LISTENING_DESCRIPTOR })

const reader = new FrameReader()
process.stdin.on('data', (chunk: Buffer) => {
  for (const { type, id, payload } of reader.read(chunk)) {
    const socket = sockets.get(id)
    if (type === FrameType.stop) listener.close()
    else if (type === FrameType.data) socket?.write(Buffer.from(payload))
    else if (type === FrameType.ended) socket?.end()
    else socket?.destroySoon()
  }
})
// The node is gone, or needs no connection of these any more.
process.stdin.on('end', () => process.exit(0))
process.stdout.on('error', () => process.exit(0))
// A terminal sends the signal to the whole group; the node decides.
process.on('SIGINT', () => {})
