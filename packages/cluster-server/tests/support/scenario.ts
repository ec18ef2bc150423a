import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

/** A command and the client that sends it; clients are made at their first command. */
export type ScenarioStep = readonly [client: string, ...argv: string[]]

/** Plays steps one after the other, each once the one before is answered. Returns what each was answered. */
export const play = async (port: number, steps: readonly ScenarioStep[]): Promise<string[]> => {
  const clients = new Map<string, WireClient>()
  const answers: string[] = []
  try {
    for (const [name, ...argv] of steps) {
      let client = clients.get(name)
      if (client === undefined) {
        client = await WireClient.connect(port)
        clients.set(name, client)
      }
      answers.push(`${name}: ${argv.join(' ')} => ${showReply(await client.call(...argv))}`)
    }
  } finally {
    for (const client of clients.values()) client.close()
  }
  return answers
}
