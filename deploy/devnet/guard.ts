// Runs one server process for guardedProcess.ts and outlives its parent by a moment: when the lifeline
// (standard input) closes, because the parent asked for it or because it died in any way at all, the
// server gets its stop signal, and after a grace period SIGKILL. The server is the parent's only through
// this process, so a parent killed with SIGKILL leaves no node and no database behind.
import { spawn } from 'node:child_process'
import { rmSync, writeSync } from 'node:fs'
import type { GuardInstructions } from './guardedProcess.ts'

/** File descriptor on which the server's process id is reported. */
const REPORT_FD = 3

const instructions = JSON.parse(process.argv[2] ?? '') as GuardInstructions

const server = spawn(instructions.command, instructions.args, {
  // stdout and stderr are the parent's pipes: the guard never touches the output.
  stdio: ['ignore', 'inherit', 'inherit'],
  cwd: instructions.cwd,
  env: { ...process.env, ...instructions.env },
  ...(instructions.uid === undefined ? {} : { uid: instructions.uid }),
  ...(instructions.gid === undefined ? {} : { gid: instructions.gid }),
})

server.once('spawn', () => {
  writeSync(REPORT_FD, `${String(server.pid)}\n`)
})
server.once('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(127)
})
server.once('exit', (code) => {
  // A server that ended by itself may be started again on the same directory.
  if (isStopping && instructions.removeAfterwards !== undefined) {
    rmSync(instructions.removeAfterwards, { recursive: true, force: true })
  }
  process.exit(code ?? 1)
})

process.stdin.resume()
process.stdin.once('end', stop)
process.stdin.once('error', stop)
// A guard told to end ends its server; nothing else may take it away from under the parent.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)

let isStopping = false
function stop(): void {
  if (isStopping) return
  isStopping = true
  server.kill(instructions.stopSignal)
  setTimeout(() => server.kill('SIGKILL'), instructions.graceMs).unref()
}
