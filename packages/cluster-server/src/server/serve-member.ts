import { LocalMember } from './local-member.js'
import type { MemberCall, MemberRequest, MemberResponse } from './member-messages.js'
import type { ListeningAddress } from './node-options.js'

/** The node's end of the channel to its launcher. */
export interface LauncherPort {
  post(response: MemberResponse): void
  onRequest(listener: (request: MemberRequest) => void): void
  /** The launcher is gone. */
  onLost(listener: () => void): void
  /** Closes the channel, so that the thread or process comes to its end. */
  release(): void
}

/** Runs a node as its launcher asks for, in this thread or process. */
export const serveMember = (port: LauncherPort): void => {
  const member = new LocalMember()

  const perform = async (call: MemberCall): Promise<ListeningAddress | null> => {
    switch (call.type) {
      case 'start':
        return member.start(call.options)
      case 'topology':
        await member.applyTopology(call.data)
        return null
      case 'awaitSync':
        await member.awaitSync()
        return null
      case 'close':
        await member.close()
        return null
      default:
        return call satisfies never
    }
  }

  const answer = async ({ callId, call }: MemberRequest): Promise<void> => {
    try {
      port.post({ callId, outcome: { type: 'done', address: await perform(call) } })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      port.post({ callId, outcome: { type: 'failed', message } })
    }
    if (call.type === 'close') port.release()
  }

  port.onRequest((request) => void answer(request))
  port.onLost(() => void member.close().finally(() => port.release()))
  member.onExit(() => port.release())
}
