import { spawn } from 'node:child_process'
import { encodeFrame, type Frame, FrameReader, FrameType } from './frames.js'
import { descriptorOf, readDescriptor } from './read-now.js'
import { type AcceptedSocket, type Endpoints, RelayedSocket } from './relayed-socket.js'

/** What is needed to start the process. */
export interface RelayOptions {
  /** The file of the program. */
  readonly program: string
  /** Descriptor of the listening socket. */
  readonly descriptor: number
  readonly accept: (socket: AcceptedSocket) => void
  /** The process has ended; called once. */
  readonly ended: () => void
}

/** A child process that accepts connections until it is told to stop, and passes their bytes on while they last. */
export class RelayProcess {
  readonly #options: RelayOptions
  readonly #child
  readonly #reader = new FrameReader()
  readonly #sockets = new Map<number, RelayedSocket>()
  #isListening = true
  #hasEnded = false

  constructor(options: RelayOptions) {
    this.#options = options
    const { program, descriptor } = options
    this.#child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore', descriptor] })
    this.#child.on('error', () => this.#end())
    this.#child.on('exit', () => this.#end())
    this.#child.stdin?.on('error', () => {})
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  /** Takes what the process has sent, within the call. */
  serveNow(): void {
    const { stdout } = this.#child
    const descriptor = stdout === null ? undefined : descriptorOf(stdout)
    if (descriptor === undefined) return
    for (let chunk = readDescriptor(descriptor); chunk instanceof Buffer; chunk = readDescriptor(descriptor)) {
      this.#take(chunk)
    }
  }

  stopListening(): void {
    this.#isListening = false
    this.#send(encodeFrame(FrameType.stop, 0))
    this.#endWhenIdle()
  }

  close(): void {
    this.#child.stdin?.end()
  }

  #send(frame: Buffer): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(frame)
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    for (const socket of this.#sockets.values()) socket.destroy()
    this.#options.ended()
  }

  #take(chunk: Buffer): void {
    for (const frame of this.#reader.read(chunk)) this.#handle(frame)
  }

  #handle({ type, id, payload }: Frame): void {
    if (type === FrameType.opened) {
      const endpoints = JSON.parse(payload.toString()) as Endpoints
      const socket = new RelayedSocket(id, endpoints, (frame) => this.#send(frame))
      socket.on('close', () => {
        this.#sockets.delete(id)
        this.#endWhenIdle()
      })
      this.#sockets.set(id, socket)
      this.#options.accept(socket)
      return
    }
    const socket = this.#sockets.get(id)
    if (type === FrameType.data) socket?.receive(payload)
    else socket?.receiveEnd()
  }

  #endWhenIdle(): void {
    if (!this.#isListening && this.#sockets.size === 0) this.close()
  }
}
