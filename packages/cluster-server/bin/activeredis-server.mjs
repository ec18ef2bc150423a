#!/usr/bin/env node
import { runProgram } from '../dist/server/program/run-program.js'

await runProgram(process.argv.slice(2))
