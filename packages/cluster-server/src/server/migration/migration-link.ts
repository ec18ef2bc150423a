import { connect, type Socket } from 'node:net'
import type { MigrationRequest } from '../../commands/migration-state.js'
import { encodeCommand } from '../../peers/effect-encoder.js'

/** What came of a request. */
export interface Exchange {
  /** Refusal of AUTH or SELECT, the line with its `-`; null when there is none. */
  readonly loginError: string | null
  /** The keys that were sent: those that had not expired by then. */
  readonly sent: readonly string[]
  /** One line for each of them, as far as they came. */
  readonly replies: readonly string[]
  /** Why not all of them came. */
  readonly failure: { readonly isTimeout: boolean; readonly isWriting: boolean } | null
}

interface Pending {
  readonly lines: string[]
  readonly expected: number
  readonly timeoutMs: number
  readonly end: (failure: Exchange['failure']) => void
}

/** Why there is no connection: nobody listens there, or nothing came of it in time. */
export type NoLink = 'refused' | 'unreachable'

/** A connection to another node, which answers requests in their order. */
export class MigrationLink {
  usedAtMs: number
  readonly #socket: Socket
  readonly #nowMs: () => number
  #pending: Pending[] = []
  #unread = ''
  /** Selected at the other node; -1 when that is not known. */
  #database = -1
  #isClosed = false

  private constructor(socket: Socket, nowMs: () => number) {
    this.#socket = socket
    this.#nowMs = nowMs
    this.usedAtMs = nowMs()
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#read(text))
    socket.on('error', () => this.#fail(false))
    socket.on('close', () => this.#fail(false))
    socket.on('timeout', () => this.#fail(true))
  }

  static connect({ host, port, timeoutMs }: MigrationRequest, nowMs: () => number): Promise<MigrationLink | NoLink> {
    return new Promise((resolve) => {
      if (port <= 0 || port > 65_535) return resolve('unreachable')
      const socket = connect({ host, port })
      const fail = (error?: NodeJS.ErrnoException): void => {
        socket.destroy()
        resolve(error?.code === 'ECONNREFUSED' ? 'refused' : 'unreachable')
      }
      socket.setTimeout(timeoutMs, () => fail())
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.setTimeout(0)
        socket.removeAllListeners('timeout')
        socket.off('error', fail)
        resolve(new MigrationLink(socket, nowMs))
      })
    })
  }

  get isBusy(): boolean {
    return this.#pending.length > 0
  }

  /** Restores the keys at the other node. */
  send(request: MigrationRequest): Promise<Exchange> {
    this.usedAtMs = this.#nowMs()
    const { login, keys, replaces, toDatabase, restoreCommand, timeoutMs } = request
    const commands: string[][] = login.length > 0 ? [[...login]] : []
    if (this.#database !== toDatabase) commands.push(['SELECT', String(toDatabase)])
    const introductions = commands.length
    const sent: string[] = []
    for (const { key, deadlineMs, payload } of keys) {
      const ttlMs = deadlineMs === null ? 0 : deadlineMs - this.usedAtMs
      if (ttlMs < 0) continue
      sent.push(key)
      const ttl = deadlineMs === null ? '0' : String(Math.max(1, ttlMs))
      commands.push([restoreCommand, key, ttl, payload, ...(replaces ? ['REPLACE'] : [])])
    }
    return new Promise((resolve) => {
      const lines: string[] = []
      const end = (failure: Exchange['failure']): void => {
        const loginError = lines.slice(0, introductions).find((line) => line.startsWith('-')) ?? null
        const replies = lines.slice(introductions)
        const refused = loginError !== null || replies.some((line) => line.startsWith('-'))
        this.#database = failure !== null || refused ? -1 : toDatabase
        resolve({ loginError, sent, replies, failure })
      }
      if (this.#isClosed) return end({ isTimeout: false, isWriting: true })
      if (commands.length === 0) return end(null)
      this.#pending.push({ lines, expected: commands.length, timeoutMs, end })
      this.#socket.setTimeout(timeoutMs)
      this.#socket.write(commands.map(encodeCommand).join(''), 'latin1')
    })
  }

  close(): void {
    this.#socket.destroy()
    this.#fail(false)
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split('\r\n')
    this.#unread = lines.pop() ?? ''
    for (const line of lines) {
      const pending = this.#pending[0]
      if (pending === undefined) return
      pending.lines.push(line)
      if (pending.lines.length < pending.expected) continue
      this.#pending.shift()
      this.#socket.setTimeout(this.#pending[0]?.timeoutMs ?? 0)
      pending.end(null)
    }
  }

  #fail(isTimeout: boolean): void {
    const isWriting = this.#socket.writableLength > 0
    this.#isClosed = true
    const pending = this.#pending
    this.#pending = []
    this.#socket.destroy()
    for (const { end } of pending) end({ isTimeout, isWriting })
  }
}
