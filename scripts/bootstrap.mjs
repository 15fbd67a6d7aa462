// Makes a machine that has only Node 20 or later ready, and runs our TypeScript there. Plain JavaScript
// without dependencies, because it runs before any are installed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const modules = join(root, 'node_modules')
const binaries = join(modules, '.bin')
/** Node 24, which comes as an npm package: it runs TypeScript directly. */
const node = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
/** Hash of the lock file that node_modules was installed from. */
const stampFile = join(modules, '.cinnabar-lock-hash')
const compileCache = join(root, '.cinnabar', 'compile-cache')
const lockDirectory = join(root, '.cinnabar', 'install.lock')

const WAIT_MS = 250
const TERMINAL_HEARTBEAT_MS = 1_000
/** A log file wants a sign of life, not a line a second. */
const LOG_HEARTBEAT_MS = 15_000
/** A lock without an owner is one just being made, or one whose maker died between two calls. */
const OWNERLESS_LOCK_MS = 5_000

/** Installs the dependencies unless node_modules already is what package-lock.json says. */
export async function ensureDependencies() {
  if (isInstalled()) return
  await withInstallLock(async () => {
    // Whoever held the lock before us was probably doing just this.
    if (!isInstalled()) await install()
  })
}

/**
 * Runs a script of ours with Node 24, on our terminal, and ends this process as it ended. Ctrl-C and
 * other signals reach it; it decides when to go.
 *
 * @param {string} script Path from the root.
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 */
export function runScript(script, args, { cwd } = {}) {
  const file = join(root, script)
  if (!existsSync(file)) {
    console.error(`${script} does not exist in this version.`)
    process.exit(1)
  }
  const child = spawn(node, [file, ...args], {
    stdio: 'inherit',
    cwd: cwd ?? root,
    env: {
      ...process.env,
      PATH: [binaries, process.env.PATH].join(delimiter),
      HARDHAT_DISABLE_TELEMETRY: 'true',
      // Node keeps what it compiled here: each start and each process below it is a third faster.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compileCache,
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // At a terminal, Ctrl-C goes to the child as well as to us: passing it on would make it two.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    })
  }
  child.once('error', (error) => {
    console.error(`Node 24 of ${node} does not run: ${error.message}`)
    console.error('Remove node_modules and try again.')
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal])
  })
}

function isInstalled() {
  if (!existsSync(node)) return false
  const hash = lockHash()
  if (readIfThere(stampFile) === hash) return true
  // Installed by npm itself, without us: what npm noted about it decides.
  if (!isWhatLockFileSays()) return false
  writeFileSync(stampFile, hash)
  return true
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** Compares npm's own note of what it installed with the lock file. Optional packages may be absent. */
function isWhatLockFileSays() {
  const note = readIfThere(join(modules, '.package-lock.json'))
  if (note === undefined) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(note).packages
  const isWanted = Object.entries(present).every(
    ([path, { version }]) => wanted[path]?.version === version,
  )
  const isComplete = Object.entries(wanted).every(
    ([path, { optional, devOptional }]) =>
      path === '' || optional || devOptional || present[path] !== undefined,
  )
  return isWanted && isComplete
}

async function install() {
  const progress = startProgress('Installing dependencies')
  const [command, ...prefix] = npmCommand()
  const npm = spawn(
    command,
    [...prefix, 'ci', '--loglevel=error', '--no-fund', '--no-audit', '--no-progress'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      env: { ...process.env, PATH: pathWithoutOurs() },
    },
  )
  let output = ''
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  const code = await new Promise((resolve, reject) => {
    npm.once('error', reject)
    npm.once('close', resolve)
  })
  if (code !== 0 || !existsSync(node)) {
    progress.end('failed')
    console.error(output.trim())
    console.error('The dependencies could not be installed: see npm’s message above.')
    if (code === 0) {
      console.error(
        'The package `node` has no binary: npm must be allowed to run its install script.',
      )
    }
    process.exit(1)
  }
  writeFileSync(stampFile, lockHash())
  progress.end('done')
}

/** Without node_modules/.bin: npm must not run on the very Node that it is about to remove. */
function pathWithoutOurs() {
  const entries = (process.env.PATH ?? '').split(delimiter)
  return entries.filter((entry) => entry !== binaries).join(delimiter)
}

/** The npm that runs us, so that there is no second one with other settings; else the one on the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath
  if (running !== undefined && basename(running) === 'npm-cli.js' && existsSync(running)) {
    // Under the Node that runs us, not one of node_modules, which `npm ci` is about to remove.
    return process.execPath.startsWith(modules) ? ['npm'] : [process.execPath, running]
  }
  return ['npm']
}

/** One process at a time installs; the others wait and find it done. */
async function withInstallLock(action) {
  mkdirSync(dirname(lockDirectory), { recursive: true })
  const ownerFile = join(lockDirectory, 'pid')
  let progress
  for (let waited = 0; ; waited += WAIT_MS) {
    try {
      mkdirSync(lockDirectory)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = Number(readIfThere(ownerFile) ?? 0)
    if (owner === 0 ? waited >= OWNERLESS_LOCK_MS : !isAlive(owner)) {
      rmSync(lockDirectory, { recursive: true, force: true })
      continue
    }
    progress ??= startProgress('Waiting for another process that installs the dependencies')
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
  }
  progress?.end('done')
  writeFileSync(ownerFile, String(process.pid))
  const release = () => {
    rmSync(lockDirectory, { recursive: true, force: true })
  }
  process.once('exit', release)
  try {
    await action()
  } finally {
    release()
    process.removeListener('exit', release)
  }
}

/** One line that counts seconds: rewritten at a terminal, repeated now and then in a log. */
function startProgress(what) {
  const started = Date.now()
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`
  const isTerminal = process.stderr.isTTY === true
  const write = (text) => process.stderr.write(isTerminal ? `\r\x1b[K${text}` : `${text}\n`)
  write(`${what} …`)
  const timer = setInterval(
    () => write(`${what} … ${seconds()}`),
    isTerminal ? TERMINAL_HEARTBEAT_MS : LOG_HEARTBEAT_MS,
  )
  return {
    end(outcome) {
      clearInterval(timer)
      write(`${what}: ${outcome} after ${seconds()}${isTerminal ? '\n' : ''}`)
    },
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
