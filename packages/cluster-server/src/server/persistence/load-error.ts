/** The file of a node is there and cannot be loaded; the node's log says why. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
}
