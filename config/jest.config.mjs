import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Compiles TypeScript sources, and the built ES modules of the workspace, to CommonJS for Jest. */
const swc = [
  '@swc/jest',
  {
    swcrc: false,
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
      keepClassNames: true,
    },
  },
]

const shared = {
  rootDir: root,
  testEnvironment: 'node',
  transform: { '\\.(ts|js|mjs)$': swc },
  transformIgnorePatterns: ['/node_modules/'],
  moduleNameMapper: {
    '^activeredis$': '<rootDir>/src/index.ts',
    '^@activeredis/cluster-server$': '<rootDir>/packages/cluster-server/dist/index.js',
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/'],
}

export default {
  rootDir: root,
  maxWorkers: 2,
  testSequencer: '<rootDir>/config/test-sequencer.mjs',
  // Modules of finished test files stay in a worker's heap: it begins anew before collecting them takes its time.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 180_000,
  globalSetup: '<rootDir>/tests/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/support/global-teardown.mjs',
  projects: [
    { ...shared, displayName: 'activeredis', testMatch: ['<rootDir>/tests/**/*.test.ts'] },
    { ...shared, displayName: 'cluster-server', testMatch: ['<rootDir>/packages/cluster-server/tests/**/*.test.ts'] },
  ],
}
