import type { Redis } from 'ioredis'

/** A node as a line of CLUSTER NODES has it. */
export interface ListedNode {
  readonly id: string
  readonly port: number
  readonly busPort: number
  readonly flags: readonly string[]
  readonly isPrimary: boolean
  readonly primaryId: string | null
  readonly configEpoch: number
  readonly isConnected: boolean
  /** First and last slots of the ranges that it owns. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
  /** `[123->-id]` and `[123-<-id]`, of the node that was asked. */
  readonly openSlots: readonly string[]
}

const listedNode = (line: string): ListedNode => {
  const [id = '', address = '', flagText = '', primary = '', , , epoch = '', link = '', ...slots] = line.split(' ')
  const flags = flagText.split(',')
  const [, port, busPort] = /:(\d+)@(\d+)/.exec(address) ?? []
  return {
    id,
    port: Number(port),
    busPort: Number(busPort),
    flags,
    isPrimary: flags.includes('master'),
    primaryId: primary === '-' ? null : primary,
    configEpoch: Number(epoch),
    isConnected: link === 'connected',
    ranges: slots
      .filter((text) => !text.startsWith('['))
      .map((text) => {
        const [from = '', to = from] = text.split('-')
        return [Number(from), Number(to)] as const
      }),
    openSlots: slots.filter((text) => text.startsWith('[')),
  }
}

/** All nodes that a node knows. */
export async function listNodes(client: Redis): Promise<readonly ListedNode[]> {
  const text = String(await client.cluster('NODES'))
  return text.trim().split('\n').map(listedNode)
}

/** The node itself, as it lists itself. */
export async function listedSelf(client: Redis): Promise<ListedNode> {
  const self = (await listNodes(client)).find(({ flags }) => flags.includes('myself'))
  if (self === undefined) throw new Error('a node lists itself')
  return self
}

export const ownsSlot = ({ ranges }: ListedNode, slot: number): boolean =>
  ranges.some(([from, to]) => from <= slot && slot <= to)

export const slotCount = ({ ranges }: ListedNode): number => ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0)

/** For each slot the id of its owner, as a node sees it. */
export async function slotOwners(client: Redis): Promise<readonly (string | null)[]> {
  const owners = new Array<string | null>(16_384).fill(null)
  for (const { id, ranges } of await listNodes(client)) {
    for (const [from, to] of ranges) owners.fill(id, from, to + 1)
  }
  return owners
}

/** A field of INFO or CLUSTER INFO; '' when it is not there. */
export const infoField = (info: unknown, name: string): string =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(info))?.[1] ?? ''

/** Whether a node follows a primary and its link is up. */
export async function isLinkedReplica(client: Redis): Promise<boolean> {
  const info = await client.info('replication')
  return infoField(info, 'role') === 'slave' && infoField(info, 'master_link_status') === 'up'
}
