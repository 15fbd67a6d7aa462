#!/usr/bin/env node
// The command line for wallets, supervisors and operators: cli/main.ts, on any machine with Node 20.
import { ensureDependencies, runScript } from '../scripts/bootstrap.mjs'

await ensureDependencies()
// In the caller's folder, so that the paths given mean what the caller sees.
runScript('cli/main.ts', process.argv.slice(2), { cwd: process.cwd() })
