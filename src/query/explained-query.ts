import { actualCost, Explanation } from './explanation.js'
import { PagedQuery } from './paged-query.js'

/** What a query costs. */
export abstract class ExplainedQuery<T extends object> extends PagedQuery<T> {
  /**
   * How the query is answered: the index that is walked, what is tested, how many entries and rows are expected, the slots, servers and
   * commands. With `analyze` the query is run, its rows are thrown away, and `actual` tells what it cost. One round trip of script
   * calls, as many as the query has, and for a cluster `CLUSTER SLOTS`.
   *
   *     console.log(String(await Visit.where('ip', '=', '10.0.0.1').latest().limit(10).explain({ analyze: true })))
   */
  async explain({ analyze = false }: { readonly analyze?: boolean } = {}): Promise<Explanation> {
    const { repository, schema } = this
    const criteria = this.criteria()
    const plan = await repository.explain(schema, criteria)
    const objection = this.objection(repository, criteria.order)
    if (!analyze) return new Explanation(schema.modelName, repository.name, plan, objection, null)
    const start = performance.now()
    const { records, trace } = await this.strict(false).answer(criteria)
    const actual = actualCost(trace, records.length, performance.now() - start)
    return new Explanation(schema.modelName, repository.name, plan, objection, actual)
  }
}
