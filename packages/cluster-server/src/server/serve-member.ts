import { LocalMember } from './local-member.js'
import type { MemberAddress } from './member.js'
import type { MemberCall, MemberOutcome, MessageToLauncher, MessageToMember } from './member-messages.js'

/** The node's end of the channel to its launcher. */
export interface LauncherPort {
  post(message: MessageToLauncher): void
  onMessage(listener: (message: MessageToMember) => void): void
  /** The launcher is gone. */
  onLost(listener: () => void): void
  /** Closes the channel, so that the thread or process comes to its end. */
  release(): void
}

/** Runs a node as its launcher asks for, in this thread or process. */
export const serveMember = (port: LauncherPort): void => {
  const member = new LocalMember()

  const perform = async (call: MemberCall): Promise<MemberAddress | null> => {
    switch (call.type) {
      case 'start':
        return member.start(call.options)
      case 'join':
        await member.join(call.nodesFile)
        return null
      case 'awaitJoined':
        await member.awaitJoined()
        return null
      case 'reportFailure':
        await member.reportFailure(call.nodeId)
        return null
      case 'close':
        await member.close()
        return null
      default:
        return call satisfies never
    }
  }

  const attempt = async (call: MemberCall): Promise<MemberOutcome> => {
    try {
      return { type: 'done', address: await perform(call) }
    } catch (error) {
      return { type: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
  }

  const answer = async (callId: number, call: MemberCall): Promise<void> => {
    port.post({ type: 'outcome', callId, outcome: await attempt(call) })
    if (call.type === 'close') port.release()
  }

  port.onMessage(({ callId, call }) => void answer(callId, call))
  member.onView((nodesFile) => port.post({ type: 'view', nodesFile }))
  port.onLost(() => void member.close().finally(() => port.release()))
  member.onExit(() => port.release())
}
