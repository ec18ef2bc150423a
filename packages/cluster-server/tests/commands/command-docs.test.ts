import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { showReply, type WireReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Newer than 7.0, but clients that know it send it to every server. */
const EXTRA = new Set(['client|setinfo'])
/** Words of our own, the history of options, and subcommands, which are compared by themselves. */
const NOT_COMPARED = new Set(['$"summary"', '$"complexity"', '$"history"', '$"subcommands"'])

const itemsOf = (reply: WireReply | undefined): readonly WireReply[] => (reply?.kind === 'aggregate' ? reply.items : [])

/** What COMMAND DOCS says of one command, by field. */
const describeDocs = (reply: WireReply | undefined): Record<string, string> => {
  const items = itemsOf(itemsOf(reply)[1])
  const entries = items.flatMap((item, i) =>
    i % 2 === 0 ? [[showReply(item), showReply(items[i + 1]!)] as const] : [],
  )
  return Object.fromEntries(entries.filter(([name]) => !NOT_COMPARED.has(name)))
}

describeBesideRedis('the commands of Redis 7.0', () => {
  let pair: ServerPair
  let names: readonly string[] = []
  beforeAll(async () => {
    pair = await ServerPair.start()
    const textOf = (reply: WireReply): string => (reply.kind === 'bulk' ? reply.text : '')
    names = itemsOf(await pair.real.call('COMMAND', 'LIST')).map(textOf)
    const ours = itemsOf(await pair.ours.call('COMMAND', 'LIST')).map(textOf)
    expect(ours.filter((name) => !EXTRA.has(name)).sort()).toEqual([...names].sort())
  })
  afterAll(() => pair?.close())

  test('are all there, and COMMAND COUNT counts them', async () => {
    const { ours, real } = await pair.ask(['COMMAND', 'COUNT'])
    expect(ours).toEqual(real)
  })

  test('have the arguments, groups and versions that COMMAND DOCS of Redis names', async () => {
    const ask = names.map((name) => ['COMMAND', 'DOCS', name])
    const [ours, real] = [await pair.ours.send(ask), await pair.real.send(ask)]
    const differing = names.filter(
      (_, i) => JSON.stringify(describeDocs(ours[i])) !== JSON.stringify(describeDocs(real[i])),
    )
    expect(differing.map((name) => [name, describeDocs(ours[names.indexOf(name)])])).toEqual(
      differing.map((name) => [name, describeDocs(real[names.indexOf(name)])]),
    )
  })
})
