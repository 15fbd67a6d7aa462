import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { buildCircuits } from '../../circuits/build.ts'
import {
  CircuitCompilationError,
  CircuitIncludeError,
  CircuitNotBuiltError,
  UnknownCircuitError,
} from '../../circuits/errors.ts'
import { circuitPaths, locateCircuit, repositoryRoot } from '../../circuits/locateCircuit.ts'
import type { CircuitWorkspace } from '../../circuits/locateCircuit.ts'

const scratch = `.cinnabar/test-build-${process.pid}`
after(() => rmSync(join(repositoryRoot, scratch), { recursive: true, force: true }))

let workspaces = 0
function aWorkspace(sources: Readonly<Record<string, string>>): CircuitWorkspace {
  workspaces += 1
  const mainDirectory = `${scratch}/${workspaces}/main`
  const workspace = { mainDirectory, outputDirectory: `${scratch}/${workspaces}/output` }
  for (const [name, source] of Object.entries(sources)) write(workspace, name, source)
  return workspace
}

function write({ mainDirectory }: CircuitWorkspace, file: string, source: string): void {
  mkdirSync(join(repositoryRoot, mainDirectory), { recursive: true })
  writeFileSync(join(repositoryRoot, mainDirectory, file), source)
}

function entries({ outputDirectory }: CircuitWorkspace): string[] {
  return readdirSync(join(repositoryRoot, outputDirectory)).sort()
}

const product = `pragma circom 2.1.9;
template Product() {
    signal input a;
    signal input b;
    signal input c;
    signal output d;
    d <== a * b;
    c * c === a;
}
component main { public [c] } = Product();
`

const chain = `pragma circom 2.1.9;
include "circomlib/circuits/poseidon.circom";
template Chain(n) {
    signal input a;
    signal output b;
    signal s[n + 1];
    s[0] <== a;
    for (var i = 0; i < n; i++) { s[i + 1] <== Poseidon(2)([s[i], i]); }
    b <== s[n];
}
component main = Chain(60);
`

describe('buildCircuits', () => {
  test('default: compiles, counts and finds the result by hash', async () => {
    const workspace = aWorkspace({ 'product.circom': product })
    const lines: string[] = []
    const [built] = await buildCircuits({ workspace, onProgress: (line) => lines.push(line) })
    assert.equal(lines.length, 2)
    assert.deepEqual(locateCircuit('product', workspace), built)
    assert.equal(built!.info.nonLinear, 2)
    assert.equal(built!.info.linear, 0)
    assert.equal(built!.info.publicOutputs, 1)
    assert.equal(built!.info.publicInputs, 1)
    assert.equal(built!.info.privateInputs, 2)
    for (const path of [built!.r1csPath, built!.wasmPath, built!.symPath])
      assert.ok(existsSync(path))
    assert.deepEqual(entries(workspace), [`product-${built!.hash.slice(0, 16)}`])
  })

  test('behavior: does nothing when nothing changed', async () => {
    const workspace = aWorkspace({ 'product.circom': product })
    const first = await buildCircuits({ workspace })
    const lines: string[] = []
    const second = await buildCircuits({ workspace, onProgress: (line) => lines.push(line) })
    assert.deepEqual(lines, [])
    assert.deepEqual(second, first)
  })

  test('behavior: an edited include changes the hash, and the result must be built again', async () => {
    const workspace = aWorkspace({
      'part.txt':
        'pragma circom 2.1.9; template T() { signal input a; signal output b; b <== a * a; }',
      'whole.circom': 'pragma circom 2.1.9; include "part.txt"; component main = T();',
    })
    const [first] = await buildCircuits({ workspace })
    write(
      workspace,
      'part.txt',
      'pragma circom 2.1.9; template T() { signal input a; signal output b; signal c <== a * a; b <== c * a; }',
    )
    assert.throws(() => locateCircuit('whole', workspace), CircuitNotBuiltError)
    const [second] = await buildCircuits({ workspace })
    assert.notEqual(second!.hash, first!.hash)
    assert.equal(first!.info.nonLinear, 1)
    assert.equal(second!.info.nonLinear, 2)
  })

  test('behavior: force compiles again and leaves one result', async () => {
    const workspace = aWorkspace({ 'product.circom': product })
    const [first] = await buildCircuits({ workspace })
    writeFileSync(first!.wasmPath, 'spoilt')
    const [second] = await buildCircuits({ workspace, force: true })
    const { WitnessCalculator } = await import('../../prover/witnessCalculator.ts')
    const { readFileSync } = await import('node:fs')
    await WitnessCalculator.load('product', new Uint8Array(readFileSync(second!.wasmPath)))
    assert.deepEqual(entries(workspace), [`product-${first!.hash.slice(0, 16)}`])
  })

  test('rejects: a source with an error, in the words of the compiler, and leaves nothing', async () => {
    const workspace = aWorkspace({ 'product.circom': product.replace('a * b', 'a * nothing') })
    await assert.rejects(buildCircuits({ workspace }), (error) => {
      assert.ok(error instanceof CircuitCompilationError)
      assert.match(error.message, /nothing/)
      return true
    })
    assert.deepEqual(entries(workspace), [])
  })

  test('rejects: an unknown name and an include that does not exist', async () => {
    const workspace = aWorkspace({
      'product.circom': product.replace('template', 'include "absent.circom";\ntemplate'),
    })
    await assert.rejects(buildCircuits({ workspace, names: ['other'] }), UnknownCircuitError)
    await assert.rejects(buildCircuits({ workspace }), CircuitIncludeError)
  })

  test('behavior: two processes at once compile once', async () => {
    const workspace = aWorkspace({ 'chain.circom': chain })
    const outputs = await Promise.all([runBuild(workspace).output, runBuild(workspace).output])
    const lines = outputs
      .flatMap((output) => output.trim().split('\n'))
      .filter((line) => line !== '')
    assert.equal(lines.filter((line) => line === 'chain: compiling').length, 1)
    assert.equal(lines.filter((line) => line === 'built').length, 2)
    assert.deepEqual(entries(workspace).length, 1)
  })

  test('behavior: a killed build leaves no result, and the next one clears up after it', async () => {
    const workspace = aWorkspace({ 'chain.circom': chain })
    const { process: killed, output } = runBuild(workspace)
    const parent = join(repositoryRoot, workspace.outputDirectory)
    while (!existsSync(parent) || !readdirSync(parent).some((name) => name.startsWith('.tmp-'))) {
      await sleep(10)
    }
    killed.kill('SIGKILL')
    await output
    assert.equal(existsSync(circuitPaths('chain', workspace).directory), false)
    const [built] = await buildCircuits({ workspace })
    assert.ok(existsSync(built!.r1csPath))
    assert.deepEqual(entries(workspace), [`chain-${built!.hash.slice(0, 16)}`])
  })
})

/** Builds a workspace in a process of its own and prints its progress, then `built`. */
function runBuild(workspace: CircuitWorkspace): {
  process: ReturnType<typeof spawn>
  output: Promise<string>
} {
  const script = `
    import { buildCircuits } from '${new URL('../../circuits/build.ts', import.meta.url).href}'
    await buildCircuits({ workspace: ${JSON.stringify(workspace)}, onProgress: console.log })
    console.log('built')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const output = new Promise<string>((resolve) => child.once('close', () => resolve(text)))
  return { process: child, output }
}
