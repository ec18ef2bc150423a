// Puts the programs of a cluster's nodes, which the server starts in threads and processes, into one file each: loading
// hundreds of modules costs a thread more than all else that it does at its start.
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

/** Bundles those programs below `directory`, the compiled server, that are older than `stamp`, the record of its build. */
export const bundlePrograms = async (directory, stamp) => {
  const compiledAt = statSync(stamp).mtimeMs
  for (const program of ['server/node-thread', 'server/node-process']) {
    const outfile = `${directory}/${program}.bundle.cjs`
    if (existsSync(outfile) && statSync(outfile).mtimeMs > compiledAt) continue
    const { outputFiles } = await build({
      entryPoints: [`${directory}/${program}.js`],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      // CommonJS has no `import.meta`; what is looked for beside a module of server/ is found beside the bundle too.
      define: { 'import.meta.url': 'bundleUrl' },
      banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'warning',
      write: false,
    })
    for (const { path, contents } of outputFiles) {
      // Whoever starts a cluster meanwhile reads the old program or the new one, never half of it.
      const partial = `${path}.${process.pid}`
      writeFileSync(partial, contents)
      renameSync(partial, path)
    }
  }
}
