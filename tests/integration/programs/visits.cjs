// As visits.mjs, from a CommonJS module.
const { run } = require('./visits-of.cjs')

run(require('activeredis'), process.argv[2])
