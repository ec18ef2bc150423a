export { SettingError } from './server/config.js'
export { Node } from './server/node.js'
export type { ListeningAddress, LogLevel, NodeOptions } from './server/node-options.js'
export { type RunningNode, type StartNodeOptions, startNode } from './server/start-node.js'
