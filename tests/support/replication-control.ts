import type { Redis } from 'ioredis'
import { until } from './until.js'

const infoField = async (client: Redis, name: string): Promise<string | undefined> =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(await client.info('replication')))?.[1]

/**
 * Cuts all replicas of a real server off and keeps them off, while everything else goes on: its default user may not use
 * PSYNC until `reconnectReplicas`. Nor SYNC, now or later: a replica that was refused PSYNC falls back on it, and would then
 * be linked without ever acknowledging anything.
 */
export async function disconnectReplicas(primary: Redis): Promise<void> {
  await primary.call('ACL', 'SETUSER', 'default', '-psync', '-sync')
  await primary.call('CLIENT', 'KILL', 'TYPE', 'replica')
  await until(async () => (await infoField(primary, 'connected_slaves')) === '0', 30_000)
}

/** Lets the replicas come back and waits until as many are linked. */
export async function reconnectReplicas(primary: Redis, replicas: number): Promise<void> {
  await primary.call('ACL', 'SETUSER', 'default', '+psync')
  await until(async () => {
    const info = String(await primary.info('replication'))
    return (info.match(/state=online/g) ?? []).length === replicas
  }, 30_000)
}
