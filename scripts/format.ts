import { spawnSync } from 'node:child_process'

const files = process.argv.slice(2)
const { status } = spawnSync(
  'prettier',
  ['--write', '--log-level', 'warn', ...(files.length > 0 ? files : ['.'])],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
