import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { inspect } from 'node:util'

import { repositoryRoot } from '../../circuits/locateCircuit.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { calculateWitness } from '../../prover/calculateWitness.ts'
import {
  CircuitInputError,
  KeysNotFoundError,
  ProverClosedError,
  ProverWorkerError,
  ProvingCancelledError,
  WitnessUnsatisfiedError,
} from '../../prover/errors.ts'
import { createProver } from '../../prover/prover.ts'
import type { Prover, ProvingPhase } from '../../prover/prover.ts'
import { ensureCircuitsAndKeys } from '../../prover/setup/ensureCircuitsAndKeys.ts'
import { buildCircuits } from '../../circuits/build.ts'
import {
  endSnarkjs,
  ensureTestKeys,
  testWorkspace,
  verifyWithSnarkjs,
} from '../support/proverWorkspace.ts'
import type { TestCircuit } from '../support/proverWorkspace.ts'

const preimageInputs = { values: [3n, 4n], context: 5n }
const chainInputs = { start: 1n, salts: [2n, 3n] }
/** Does not fit 64 bits; found again anywhere, it has leaked. */
const secret = 0x5ec4e7000000000000000000001234567890abcdefn

const open: Prover<TestCircuit>[] = []
function aProver(workers = 1): Prover<TestCircuit> {
  const prover = createProver<TestCircuit>({ workers, workspace: testWorkspace })
  open.push(prover)
  return prover
}

before(async () => {
  await ensureTestKeys('preimage')
  await ensureTestKeys('chain')
})
afterEach(async () => {
  for (const prover of open.splice(0)) await prover.close()
})
after(endSnarkjs)

describe('prove', () => {
  test('default: proves, in phases, what snarkjs verifies', async () => {
    const prover = aProver()
    const phases: ProvingPhase[] = []
    const proved = await prover.prove('preimage', preimageInputs, {
      onPhase: (phase) => phases.push(phase),
    })
    assert.deepEqual(phases, ['queued', 'witness', 'proof', 'verify', 'done'])
    const witness = await calculateWitness('preimage', preimageInputs, testWorkspace)
    assert.deepEqual(proved.publicSignals, witness.slice(1, 3))
    const verificationKey = prover.verificationKey('preimage')
    assert.equal(await verifyWithSnarkjs({ verificationKey, ...proved }), true)
    assert.equal(await prover.verify('preimage', proved.proof, proved.publicSignals), true)
    assert.equal(await prover.verify('chain', proved.proof, proved.publicSignals), false)
    const { queuedMs, witnessMs, proofMs, verifyMs } = proved.timings
    for (const ms of [queuedMs, witnessMs, verifyMs]) assert.ok(Number.isInteger(ms) && ms >= 0)
    assert.ok(proofMs > 0)
  })

  test('behavior: one worker serves circuits and jobs in turn', async () => {
    const prover = aProver()
    const proofs = await Promise.all([
      prover.prove('preimage', preimageInputs),
      prover.prove('chain', chainInputs),
      prover.prove('preimage', { ...preimageInputs, context: 6n }),
    ])
    const results = await prover.verifyMany([
      { circuit: 'preimage', ...proofs[0] },
      { circuit: 'chain', ...proofs[1] },
      { circuit: 'preimage', ...proofs[2] },
    ])
    assert.deepEqual(results, [true, true, true])
    assert.equal(proofs[2].publicSignals[1], 6n)
  })

  test('behavior: two workers prove at the same time', async () => {
    const prover = aProver(2)
    const running = new Set<string>()
    let together = 0
    const job = async (label: string): Promise<void> => {
      await prover.prove('chain', chainInputs, {
        onPhase: (phase) => {
          if (phase === 'proof') running.add(label)
          if (phase === 'verify') running.delete(label)
          together = Math.max(together, running.size)
        },
      })
    }
    await Promise.all([prover.warmUp('chain'), prover.warmUp('chain')])
    await Promise.all([job('one'), job('other')])
    assert.equal(together, 2)
  })

  test('behavior: equal inputs give different proofs', async () => {
    const prover = aProver()
    const one = await prover.prove('preimage', preimageInputs)
    const other = await prover.prove('preimage', preimageInputs)
    assert.notDeepEqual(one.proof, other.proof)
    assert.deepEqual(one.publicSignals, other.publicSignals)
  })

  test('rejects: inputs that satisfy no statement, without quoting them', async () => {
    const prover = aProver()
    const inputs = { values: [secret, 4n], context: 5n }
    await assert.rejects(prover.prove('preimage', inputs), (error) => {
      assert.ok(error instanceof WitnessUnsatisfiedError)
      assert.ok(error.location.some((line) => line.includes('Num2Bits')))
      assertNoSecret(inspect(error, { depth: null, showHidden: true }))
      return true
    })
    // The worker lives on.
    await prover.prove('preimage', preimageInputs)
  })

  test('rejects: inputs that are unknown, missing or not canonical, without quoting them', async () => {
    const prover = aProver()
    for (const inputs of [
      { ...preimageInputs, other: secret },
      { values: [3n, secret] },
      { values: [3n, secret + FIELD_ORDER], context: 5n },
    ]) {
      await assert.rejects(prover.prove('preimage', inputs), (error) => {
        assert.ok(error instanceof CircuitInputError)
        assertNoSecret(inspect(error, { depth: null, showHidden: true }))
        return true
      })
    }
  })

  test('rejects: a circuit without keys', async () => {
    const workspace = { ...testWorkspace, outputDirectory: `.cinnabar/test-prover-${process.pid}` }
    after(() => rmSync(join(repositoryRoot, workspace.outputDirectory), { recursive: true }))
    await buildCircuits({ names: ['preimage'], workspace })
    const prover = createProver<TestCircuit>({ workspace })
    await assert.rejects(prover.prove('preimage', preimageInputs), KeysNotFoundError)

    // Made, they are read once: the files can go and proofs go on.
    const [keys] = await ensureCircuitsAndKeys({ names: ['preimage'], workspace })
    await prover.prove('preimage', preimageInputs)
    renameSync(keys!.circuit.directory, `${keys!.circuit.directory}-gone`)
    await prover.prove('preimage', preimageInputs)
    await prover.close()
  })
})

describe('cancelling', () => {
  test('behavior: a running proof ends at once and the next one is made', async () => {
    const prover = aProver()
    await prover.warmUp('chain')
    const controller = new AbortController()
    const cancelled = prover.prove('chain', chainInputs, {
      signal: controller.signal,
      onPhase: (phase) => {
        if (phase === 'proof') controller.abort()
      },
    })
    const next = prover.prove('chain', chainInputs)
    await assert.rejects(cancelled, ProvingCancelledError)
    assert.equal((await next).publicSignals.length, 3)
  })

  test('behavior: a queued job never starts', async () => {
    const prover = aProver()
    const controller = new AbortController()
    const phases: ProvingPhase[] = []
    const first = prover.prove('chain', chainInputs)
    const second = prover.prove('chain', chainInputs, {
      signal: controller.signal,
      onPhase: (phase) => phases.push(phase),
    })
    controller.abort()
    await assert.rejects(second, ProvingCancelledError)
    await first
    assert.deepEqual(phases, ['queued'])
  })

  test('behavior: an aborted signal is refused, a late abort changes nothing', async () => {
    const prover = aProver()
    const signal = AbortSignal.abort()
    await assert.rejects(
      prover.prove('preimage', preimageInputs, { signal }),
      ProvingCancelledError,
    )
    const controller = new AbortController()
    await prover.prove('preimage', preimageInputs, { signal: controller.signal })
    controller.abort()
    await prover.prove('preimage', preimageInputs)
  })
})

describe('close', () => {
  test('behavior: rejects what runs, what waits and what comes after', async () => {
    const prover = aProver()
    const running = prover.prove('chain', chainInputs)
    const queued = prover.prove('chain', chainInputs)
    const expected = [running, queued].map((job) => assert.rejects(job, ProverClosedError))
    await prover.close()
    await Promise.all(expected)
    await assert.rejects(prover.prove('preimage', preimageInputs), ProverClosedError)
    assert.deepEqual(workerProcesses(process.pid), [])
  })
})

describe('worker processes', () => {
  test('behavior: one that is killed fails its job by name, and the next job gets another', async () => {
    const prover = aProver()
    await prover.warmUp('chain')
    const job = prover.prove('chain', chainInputs, {
      onPhase: (phase) => {
        if (phase === 'proof')
          for (const pid of workerProcesses(process.pid)) process.kill(pid, 'SIGKILL')
      },
    })
    await assert.rejects(job, (error) => {
      assert.ok(error instanceof ProverWorkerError)
      assert.match(error.message, /SIGKILL/)
      return true
    })
    await prover.prove('chain', chainInputs)
  })

  test('behavior: private inputs are printed nowhere, and workers end with a killed parent', async () => {
    const script = `
      import { createProver } from '${new URL('../../prover/prover.ts', import.meta.url).href}'
      const prover = createProver({ workspace: ${JSON.stringify(testWorkspace)} })
      await prover.prove('preimage', { values: [${secret}n, 4n], context: 5n }).catch((error) => console.log(error))
      await prover.prove('preimage', { values: [3n, ${secret}n], context: 5n })
      console.log('ready')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SOME_SECRET: 'of the parent' },
    })
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    after(() => child.kill('SIGKILL'))
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(output)))
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('ready')) resolve()
      })
    })
    assertNoSecret(output)
    assert.match(output, /WITNESS_UNSATISFIED/)
    const [worker] = workerProcesses(child.pid!)
    assert.notEqual(worker, undefined)
    assert.doesNotMatch(readFileSync(`/proc/${worker!}/environ`, 'utf8'), /SOME_SECRET/)
    child.removeAllListeners('exit')
    child.kill('SIGKILL')
    while (isRunning(worker!)) await new Promise((resolve) => setTimeout(resolve, 20))
  })
})

function assertNoSecret(text: string): void {
  assert.equal(text.includes(String(secret)), false)
  assert.equal(text.toLowerCase().includes(secret.toString(16)), false)
}

/** Processes that run prover/worker.ts as children of `parent`. */
function workerProcesses(parent: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const isChild =
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(parent)
        return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('prover/worker.ts')
      } catch {
        return false
      }
    })
}

function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === false
  } catch {
    return false
  }
}
