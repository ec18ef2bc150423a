import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criterion } from '../criteria.js'
import { list, text } from '../replies.js'
import type { QueryTrace } from '../repository.js'
import type { PartitionCall } from './guarded-calls.js'
import { describePlan } from './plan-text.js'
import type { ScriptBudget } from './script-budget.js'
import { countScript } from './scripts/count-script.js'
import { noTrace, type PartitionQuestion, questionOf, traceOf } from './select-records.js'

/**
 * Counts records. From the size of one index, where that answers; else candidates are tested beside the data, 10,000 in
 * a call. Each call is exact for its moment.
 */
export async function countRecords(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  budget: ScriptBudget,
): Promise<{ readonly count: number; readonly trace: QueryTrace }> {
  const question = questionOf(connection, schema, where)
  if (question.asked.length === 0) return { count: 0, trace: noTrace }
  let count = 0
  const call = (args: readonly string[]) => ({ script: countScript, args })
  const driver = await foldPartitions(question, budget, call, ([counted, ...resume]) => {
    count += Number(counted)
    return resume
  })
  const plan = describePlan(question.condition, [], { number: driver, ordered: true }, question.asked.length)
  return { count, trace: traceOf(connection, question.asked, question.asker, plan) }
}

/**
 * Calls a script that walks all candidates in every partition, until each is done; the script's state, driver and `resume` are
 * those of `countScript`. Returns the number of the driver that the first partition walked.
 *
 * @param callOf The script, and its arguments after the budget, given those of the place to resume and the condition.
 * @param accept Takes the rest of an answer, and returns the part that is the place to resume.
 */
export async function foldPartitions(
  { asked, asker }: PartitionQuestion,
  budget: ScriptBudget,
  callOf: (args: readonly string[]) => Pick<PartitionCall, 'script' | 'args'>,
  accept: (parts: readonly unknown[]) => readonly unknown[],
): Promise<number> {
  let waiting = asked.map((question) => ({ ...question, resume: [''] }))
  let driver: number | null = null
  while (waiting.length > 0) {
    const replies = await asker.ask(
      waiting.map(({ partition, resume, args }) => {
        const call = callOf([...resume, ...args])
        return { partition, script: call.script, args: [budget.candidates, budget.chunk, ...call.args] }
      }),
    )
    const unfinished: typeof waiting = []
    for (const [index, question] of waiting.entries()) {
      const [state, number, ...parts] = list(replies[index])
      if (state === 'again') {
        unfinished.push(question)
        continue
      }
      driver ??= Number(number)
      const resume = accept(parts)
      if (state === 'more') unfinished.push({ ...question, resume: ['r', ...resume.map(text)] })
    }
    waiting = unfinished
  }
  return driver ?? 0
}
