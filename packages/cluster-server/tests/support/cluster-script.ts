import { keySlot, SLOT_COUNT } from '../../src/slot.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

/** A node of a cluster, ours or a real one. */
export interface ScriptNode {
  readonly port: number
}

/** A node by its position, and a command for it: `N1` stands for the id of node 1, `P1` for its port. */
export type ClusterStep = readonly [node: number, command: string]

/** A key of each of some slots, `k:0` being the first that is found of slot 0. */
export const keyOfSlot = (slot: number): string => {
  for (let i = 0; i < SLOT_COUNT * 100; i++) if (keySlot(`k${i}`) === slot) return `k${i}`
  throw new RangeError(`no key of slot ${slot} was found`)
}

/** The connections to all nodes of a cluster, with what each node is called in scripts. */
export class ClusterScript {
  readonly #clients: readonly WireClient[]
  readonly #ids: readonly string[]
  readonly #ports: readonly number[]

  private constructor(clients: readonly WireClient[], ids: readonly string[], ports: readonly number[]) {
    this.#clients = clients
    this.#ids = ids
    this.#ports = ports
  }

  static async connect(nodes: readonly ScriptNode[]): Promise<ClusterScript> {
    const clients = await Promise.all(nodes.map(({ port }) => WireClient.connect(port)))
    const ids = await Promise.all(clients.map(async (client) => showReply(await client.call('CLUSTER', 'MYID'))))
    return new ClusterScript(
      clients,
      ids.map((id) => /[0-9a-f]{40}/.exec(id)?.[0] ?? ''),
      nodes.map(({ port }) => port),
    )
  }

  /** Plays the steps one after the other. Returns each with its answer, in the names of the script. */
  async play(steps: readonly ClusterStep[]): Promise<string[]> {
    const answers: string[] = []
    for (const [node, command] of steps) answers.push(`${node}> ${command}: ${await this.ask(node, command)}`)
    return answers
  }

  /** What a node answers, in the names of the script. */
  async ask(node: number, command: string): Promise<string> {
    const words = command
      .replace(/\bN(\d)\b/g, (_, index) => this.#ids[Number(index)] ?? '')
      .replace(/\bP(\d)\b/g, (_, index) => String(this.#ports[Number(index)]))
      .split(' ')
      .map((word) => (word === "''" ? '' : word))
    return this.named(showReply(await this.#clients[node]!.call(...words)))
  }

  /** A text in the names of the script. */
  named(text: string): string {
    let named = text
    for (const [index, id] of this.#ids.entries()) named = named.replaceAll(id, `N${index}`)
    for (const [index, port] of this.#ports.entries()) named = named.replaceAll(`:${port}`, `:P${index}`)
    return named
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }
}
