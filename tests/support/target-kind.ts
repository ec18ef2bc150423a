/** What a suite can run against. */
export const targetKinds = [
  'memory',
  'embedded-node',
  'embedded-cluster',
  'redis-server',
  'redis-cluster',
  'redis-container',
  'valkey-container',
] as const

export type TargetKind = (typeof targetKinds)[number]

/** The servers and clusters that need no container engine. */
export const serverKinds = ['embedded-node', 'embedded-cluster', 'redis-server', 'redis-cluster'] as const

export type ServerKind = (typeof serverKinds)[number]

/** The servers in containers. */
export const containerKinds = ['redis-container', 'valkey-container'] as const

export type ContainerKind = (typeof containerKinds)[number]

/** The images of the containers. */
export const containerImages = {
  'redis-container': 'redis:7',
  'valkey-container': 'valkey/valkey:8',
} as const satisfies Record<ContainerKind, string>

/** For people. */
export const targetTitles = {
  memory: 'memory',
  'embedded-node': 'embedded server',
  'embedded-cluster': 'embedded cluster',
  'redis-server': 'real redis-server',
  'redis-cluster': 'real redis-server cluster',
  'redis-container': 'container redis:7',
  'valkey-container': 'container valkey/valkey:8',
} as const satisfies Record<TargetKind, string>

/** Environment variable with the address of the broker that the global setup opened. */
export const BROKER_VARIABLE = 'ACTIVEREDIS_TEST_BROKER'
/** Environment variable with a JSON object: for each kind that cannot run here, why. */
export const UNAVAILABLE_VARIABLE = 'ACTIVEREDIS_TEST_UNAVAILABLE'
