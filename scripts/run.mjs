// Entry of every npm script: `node scripts/run.mjs <command> [arguments]`. Installs what is missing, then
// runs the command with Node 24. Works on a machine that has nothing but Node 20 or later.
import { ensureDependencies, runScript } from './bootstrap.mjs'

/** What each command runs, and what its help says. */
const commands = {
  demo: {
    script: 'demo/main.ts',
    usage: '[-- --json FILE]',
    summary: 'Play the whole story on a base chain of its own and print it.',
    details: [
      '--json FILE        also write the figures to FILE',
      'CINNABAR_L1=anvil  use anvil as the base chain instead of Hardhat',
      'DATABASE_URL=…     use this Postgres instead of an embedded one',
    ],
  },
  start: {
    script: 'demo/start.ts',
    usage: '',
    summary: 'Start a development network, print its addresses and keys, run until Ctrl-C.',
    details: [
      'CINNABAR_L1=anvil  use anvil as the base chain instead of Hardhat',
      'DATABASE_URL=…     use this Postgres instead of an embedded one',
    ],
  },
  test: {
    script: 'scripts/test.ts',
    usage: '[-- FILE|FOLDER… --name PATTERN]',
    summary:
      'Build what the tests need and run them: all, or those of the files and folders named.',
    details: [
      '--name PATTERN     only tests whose name matches the regular expression',
      'CINNABAR_L1=anvil  use anvil as the base chain instead of Hardhat',
      'DATABASE_URL=…     use this Postgres instead of an embedded one',
    ],
  },
  check: {
    script: 'scripts/check.ts',
    usage: '',
    summary: 'Check format, lint, types, generated files and the hygiene of committed files.',
    details: [],
  },
  bench: {
    script: 'bench/main.ts',
    usage: '[-- SUITE…]',
    summary: 'Measure, print a table and write bench/results/<suite>.json with its plot.',
    // Its own help lists the suites.
    hasHelp: true,
    details: [],
  },
  setup: {
    script: 'prover/setup/main.ts',
    usage: '[-- --json --force NAME…]',
    summary: 'Compile the circuits and make development keys (insecure by construction).',
    details: [
      'NAME…              these circuits; batch-64 is made only when it is named',
      '--json --force     print an object; make everything again',
      'Keys for production come from a ceremony: npx cinnabar setup --help',
    ],
  },
  generate: {
    script: 'scripts/generate.ts',
    usage: '[-- --check]',
    summary: 'Rewrite the generated files.',
    details: ['--check            write nothing; fail when a file is not what its generator makes'],
  },
  format: {
    script: 'scripts/format.ts',
    usage: '[-- FILE…]',
    summary: 'Format all files, or those named.',
    details: [],
  },
}

const [name, ...args] = process.argv.slice(2)
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined

if (command === undefined) {
  const isHelp = name === '--help' || name === '-h' || name === 'help'
  const print = isHelp ? console.log : console.error
  if (!isHelp && name !== undefined) print(`There is no command ${name}.\n`)
  print('Usage: npm run <command> [-- arguments]\n')
  for (const [each, { summary }] of Object.entries(commands))
    print(`  ${each.padEnd(10)}${summary}`)
  process.exit(isHelp ? 0 : 1)
}
if (command.hasHelp !== true && (args[0] === '--help' || args[0] === '-h')) {
  console.log(`Usage: npm run ${name} ${command.usage}\n\n${command.summary}`)
  if (command.details.length > 0) console.log(`\n  ${command.details.join('\n  ')}`)
  process.exit(0)
}

await ensureDependencies()
runScript(command.script, args)
