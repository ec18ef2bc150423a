/** What both programs do, in plain JavaScript: decorators are called as functions. */
exports.run = async ({ Attribute, connections, Entity, Model, Searchable }, url) => {
  class Visit extends Model {}
  Attribute({ cast: 'string' })(Visit.prototype, 'ip')
  Searchable()(Visit.prototype, 'ip')
  Entity({ prefix: 'visits' })(Visit)

  connections.define('default', url)
  const visit = await Visit.create({ ip: '192.168.1.100' })
  const found = await Visit.where('ip', '192.168.*').get()
  const isFound = found.length === 1 && found[0].is(visit)
  await visit.delete()
  const left = await Visit.count()
  await connections.closeAll()
  console.log(JSON.stringify({ isFound, left, handles: process.getActiveResourcesInfo().filter(isOurs) }))
}

/** Standard output and the event loop's own are not ours. */
const isOurs = (resource) => !['TTYWrap', 'PipeWrap', 'CloseReq'].includes(resource)
