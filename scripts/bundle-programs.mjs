// Puts the server's program, and those of a cluster's nodes, which run in threads and processes, into one file each: loading
// hundreds of modules costs more than all else that they do at their start.
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'

/** Bundles those programs below `directory`, the compiled server, that are older than `stamp`, the record of its build. */
export const bundlePrograms = async (directory, stamp) => {
  const compiledAt = statSync(stamp).mtimeMs
  for (const program of ['node-thread', 'node-process', 'program/run-program']) {
    // Beside the modules of server/, where those find what they look for.
    const outfile = `${directory}/server/${basename(program)}.bundle.cjs`
    if (existsSync(outfile) && statSync(outfile).mtimeMs > compiledAt) continue
    const { outputFiles } = await build({
      entryPoints: [`${directory}/server/${program}.js`],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      // CommonJS has no `import.meta`.
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
