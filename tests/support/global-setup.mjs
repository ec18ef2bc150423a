// Jest's globalSetup: opens the broker through which test files share servers. Servers start when first asked for.
import { register } from 'node:module'

register('./typescript-loader.mjs', import.meta.url)

/** True when the chosen test files may include those that run in containers. */
const choosesContainers = ({ testPathPatterns }) => {
  const patterns = testPathPatterns?.patterns ?? []
  return (
    patterns.length === 0 || patterns.some((pattern) => /containers/.test(pattern) || /^(\.\/)?tests\/?$/.test(pattern))
  )
}

export default async function globalSetup(globalConfig) {
  const { TargetBroker } = await import('./target-broker.ts')
  globalThis.targetBroker = await TargetBroker.open({ containers: choosesContainers(globalConfig) })
  Object.assign(process.env, globalThis.targetBroker.environment)
  globalThis.isWholeRun = (globalConfig.testPathPatterns?.patterns ?? []).length === 0
}
