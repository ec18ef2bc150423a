// Jest's globalSetup: opens the broker through which test files share servers. Servers start when first asked for.
import { register } from 'node:module'

register('./typescript-loader.mjs', import.meta.url)

export default async function globalSetup() {
  const { TargetBroker } = await import('./target-broker.ts')
  globalThis.targetBroker = await TargetBroker.open()
  Object.assign(process.env, globalThis.targetBroker.environment)
}
