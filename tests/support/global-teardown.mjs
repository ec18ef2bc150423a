// Jest's globalTeardown: says which targets ran, and stops them.
export default async function globalTeardown() {
  const broker = globalThis.targetBroker
  if (broker === undefined) return
  for (const line of broker.report({ always: globalThis.isWholeRun === true })) process.stderr.write(`${line}\n`)
  await broker.close()
}
