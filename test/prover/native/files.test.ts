import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { repositoryRoot } from '../../../circuits/locateCircuit.ts'
import { FIELD_ORDER } from '../../../protocol/constants.ts'
import { buildNative, findNative } from '../../../prover/native/build.ts'
import {
  NativeProverMissingError,
  ProvingKeyFileError,
  UnknownProverError,
  WitnessFileError,
} from '../../../prover/native/errors.ts'
import { checkProverChoice, chooseNative, loadNative } from '../../../prover/native/index.ts'
import type { NativeProver } from '../../../prover/native/index.ts'
import { BASE_FIELD_ORDER } from '../../../prover/proof.ts'
import { endSnarkjs } from '../../support/proverWorkspace.ts'
import { aZkey, littleEndian, words } from '../../support/randomZkeys.ts'
import type { ZkeyAndWitness } from '../../support/randomZkeys.ts'

const run = promisify(execFile)
const scratch = join(repositoryRoot, `.cinnabar/test-native-files-${process.pid}`)
const shape = { wires: 12, publicWires: 2, power: 3 }
let native: NativeProver
let good: ZkeyAndWitness

before(async () => {
  assert.notEqual(await buildNative(), undefined, 'the tests need g++')
  native = loadNative()!
  mkdirSync(scratch, { recursive: true })
  good = await aZkey(1n, shape)
})
after(() => rmSync(scratch, { recursive: true, force: true }))
after(endSnarkjs)

let files = 0
function aFile(bytes: Uint8Array): string {
  files += 1
  const path = join(scratch, String(files))
  writeFileSync(path, bytes)
  return path
}

/** Where a section's content starts. */
function startOf(file: Uint8Array, section: number): number {
  const view = new DataView(file.buffer, file.byteOffset)
  let at = 12
  for (;;) {
    const length = Number(view.getBigUint64(at + 4, true))
    if (view.getUint32(at, true) === section) return at + 12
    at += 12 + length
  }
}

function changed(file: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const copy = file.slice()
  copy.set(bytes, at)
  return copy
}

async function refusesKey(file: Uint8Array, reason: string): Promise<void> {
  await assert.rejects(native.loadKey(aFile(file)), (error: unknown) => {
    assert.ok(error instanceof ProvingKeyFileError)
    assert.equal(error.reason, reason)
    return true
  })
}

describe('proving keys', () => {
  test('rejects: a file that is missing, empty, a directory or of another kind', async () => {
    for (const path of [join(scratch, 'none'), scratch, '/dev/zero']) {
      await assert.rejects(native.loadKey(path), ProvingKeyFileError)
    }
    await refusesKey(new Uint8Array(0), 'it cannot be mapped')
    await refusesKey(good.witness, 'it is no file of its kind')
    await refusesKey(changed(good.zkey, 4, words(9)), 'its version is unknown')
  })

  test('rejects: every file that ends early', async () => {
    const lengths = Array.from({ length: 40 }, (_, i) => Math.floor((good.zkey.length * i) / 40))
    for (const length of [...lengths, good.zkey.length - 1]) {
      await assert.rejects(native.loadKey(aFile(good.zkey.slice(0, length))), ProvingKeyFileError)
    }
  })

  test('rejects: sections that are missing, doubled or of a wrong length', async () => {
    const id = (section: number): number => startOf(good.zkey, section) - 12
    await refusesKey(changed(good.zkey, id(5), words(77)), 'a section is missing')
    await refusesKey(changed(good.zkey, id(6), words(5)), 'a section occurs twice')
    await refusesKey(changed(good.zkey, id(9) + 4, words(0xffffffff)), 'it ends early')
    await refusesKey(changed(good.zkey, id(9) + 8, words(0xffffffff)), 'it ends early')
    const header = startOf(good.zkey, 2)
    const points = 'a section of points has a wrong length'
    await refusesKey(changed(good.zkey, header + 72, words(13)), points)
    await refusesKey(changed(good.zkey, header + 72, words(0x10000000)), points)
    await refusesKey(changed(good.zkey, header + 76, words(3)), points)
    await refusesKey(changed(good.zkey, header + 80, words(16)), points)
    const wires = 'its numbers of wires are impossible'
    await refusesKey(changed(good.zkey, header + 72, words(0)), wires)
    await refusesKey(changed(good.zkey, header + 72, words(0xffffffff)), wires)
    await refusesKey(changed(good.zkey, header + 76, words(12)), wires)
    const domain = 'its domain is not a supported power of two'
    for (const size of [0, 7, 0x80000000, 0xffffffff]) {
      await refusesKey(changed(good.zkey, header + 80, words(size)), domain)
    }
  })

  test('rejects: another proof system, another curve', async () => {
    await refusesKey(changed(good.zkey, startOf(good.zkey, 1), words(2)), 'it is not for Groth16')
    const header = startOf(good.zkey, 2)
    for (const offset of [0, 4, 35, 36, 40, 71]) {
      const other = Uint8Array.of(good.zkey[header + offset]! ^ 1)
      await refusesKey(changed(good.zkey, header + offset, other), 'it is for another curve')
    }
  })

  test('rejects: coefficients out of range, not canonical or miscounted', async () => {
    const table = startOf(good.zkey, 4)
    const range = 'a coefficient is out of range'
    await refusesKey(changed(good.zkey, table + 4, words(2)), range)
    await refusesKey(changed(good.zkey, table + 8, words(8)), range)
    await refusesKey(changed(good.zkey, table + 12, words(12)), range)
    await refusesKey(changed(good.zkey, table + 12, words(0xffffffff)), range)
    await refusesKey(
      changed(good.zkey, table + 16, littleEndian(FIELD_ORDER)),
      'a coefficient is not canonical',
    )
    for (const count of [0, 23, 25, 0xffffffff]) {
      await refusesKey(
        changed(good.zkey, table, words(count)),
        'its coefficients have a wrong length',
      )
    }
  })

  test('rejects: points off their curve or not canonical, in every list', async () => {
    for (const section of [5, 6, 7, 8, 9]) {
      const start = startOf(good.zkey, section)
      const size = section === 7 ? 128 : 64
      const count = section === 8 ? 9 : section === 9 ? 8 : 12
      for (const index of [0, count - 1]) {
        const at = start + index * size
        const off = changed(good.zkey, at, littleEndian(12_345n))
        await refusesKey(off, 'a point is not on its curve')
        const long = changed(good.zkey, at + 32, littleEndian(BASE_FIELD_ORDER))
        await refusesKey(long, 'a point is not on its curve')
      }
    }
    for (const offset of [84, 84 + 64, 84 + 128, 84 + 256, 84 + 384, 84 + 448]) {
      const at = startOf(good.zkey, 2) + offset
      const off = changed(good.zkey, at, littleEndian(12_345n))
      await refusesKey(off, 'a point of its header is not on its curve')
    }
  })

  test('behavior: sections in any order and unknown ones are no matter', async () => {
    const view = new DataView(good.zkey.buffer)
    const sections: Uint8Array[] = []
    for (let at = 12; at < good.zkey.length;) {
      const length = 12 + Number(view.getBigUint64(at + 4, true))
      sections.push(good.zkey.slice(at, at + length))
      at += length
    }
    const unknown = Uint8Array.of(...words(99, 3, 0), 1, 2, 3)
    const parts = [...sections.reverse(), unknown]
    const file = new Uint8Array(
      Buffer.concat([good.zkey.slice(0, 8), words(parts.length), ...parts]),
    )
    const [one, other] = [await native.loadKey(aFile(good.zkey)), await native.loadKey(aFile(file))]
    const options = { r: 3n, s: 5n }
    assert.deepEqual(
      await native.prove(other, good.witness, options),
      await native.prove(one, good.witness, options),
    )
  })
})

describe('witnesses', () => {
  test('rejects: what is not a canonical witness of the circuit', async () => {
    const key = await native.loadKey(aFile(good.zkey))
    const start = startOf(good.witness, 2)
    const header = startOf(good.witness, 1)
    const cases: [bytes: Uint8Array, reason: string][] = [
      [new Uint8Array(0), 'it is no file of its kind'],
      [good.zkey, 'it is no file of its kind'],
      [changed(good.witness, 4, words(3)), 'its version is unknown'],
      [good.witness.slice(0, good.witness.length - 1), 'it ends early'],
      [good.witness.slice(0, 20), 'it ends early'],
      [changed(good.witness, header + 4, Uint8Array.of(0)), 'it is for another field'],
      [changed(good.witness, header + 36, words(11)), 'its length is not the circuit’s'],
      [changed(good.witness, start, littleEndian(FIELD_ORDER)), 'an element is not canonical'],
      [(await aZkey(1n, { ...shape, wires: 13 })).witness, 'its length is not the circuit’s'],
    ]
    for (const [bytes, reason] of cases) {
      await assert.rejects(native.prove(key, bytes), (error: unknown) => {
        assert.ok(error instanceof WitnessFileError)
        assert.equal(error.reason, reason.replace('’', "'"))
        return true
      })
    }
    for (let length = 0; length < good.witness.length; length += 7) {
      await assert.rejects(native.prove(key, good.witness.slice(0, length)), WitnessFileError)
    }
  })
})

describe('want of memory', () => {
  test('behavior: is an error of the call, of whatever kind, and the process goes on', async () => {
    const power = 22
    // A key that is good but for its size: its last list is a hole, points at infinity.
    const start = startOf(good.zkey, 9)
    const resized = changed(good.zkey, startOf(good.zkey, 2) + 80, words(2 ** power))
    const length = 64 * 2 ** power
    const sparse = aFile(
      changed(resized, start - 8, littleEndian(BigInt(length), 8)).slice(0, start),
    )
    truncateSync(sparse, start + length)
    const child = fileURLToPath(new URL('../../support/starvedNative.ts', import.meta.url))
    const { stdout } = await run(process.execPath, [
      child,
      sparse,
      aFile(good.zkey),
      aFile(good.witness),
    ])
    const starved = 'NATIVE_PROVER_OUT_OF_MEMORY'
    assert.deepEqual(JSON.parse(stdout), {
      key: starved,
      witness: starved,
      kernel: starved,
      afterwards: 'none',
    })
  })
})

describe('damaged files under sanitizers', () => {
  test('behavior: none is read out of bounds, whatever is changed in it', async () => {
    const trial = await buildNative({ target: 'sanitized' })
    assert.ok(trial !== undefined)
    const key = aFile(good.zkey)
    const witness = aFile(good.witness)
    for (const core of native.cores) {
      const { stdout } = await run(trial, ['damage', key, witness, '1', '1500'], {
        env: { CINNABAR_PROVER_CORE: core, CINNABAR_PROVER_THREADS: '2' },
      })
      const { loaded, proved } = JSON.parse(stdout) as { loaded: number; proved: number }
      // Both sides of each check were reached.
      assert.ok(loaded > 100 && loaded < 1_400, `${loaded} keys were accepted`)
      assert.ok(proved > 50 && proved < loaded, `${proved} proofs were made`)
    }
  })
})

describe('the choice of a prover', () => {
  test('behavior: CINNABAR_PROVER forces one', () => {
    assert.equal(chooseNative('snarkjs'), undefined)
    assert.equal(chooseNative('native'), native)
    assert.equal(chooseNative(''), native)
    assert.equal(chooseNative(undefined), native)
    assert.throws(() => chooseNative('rapid'), UnknownProverError)
    assert.throws(() => checkProverChoice('rapid'), UnknownProverError)
  })

  test('behavior: without a compiler there is one clear line and no native prover', async () => {
    const path = process.env['PATH']
    process.env['PATH'] = scratch
    try {
      const lines: string[] = []
      assert.equal(await buildNative({ onProgress: (line) => lines.push(line) }), undefined)
      assert.deepEqual(lines, ['native prover: skipped, no g++ found; snarkjs makes the proofs'])
    } finally {
      process.env['PATH'] = path
    }
    assert.match(new NativeProverMissingError().message, /Install g\+\+ and run `npm run setup`/)
  })

  test('behavior: what is built for the present sources is found without a compiler', () => {
    const path = findNative()
    assert.ok(path !== undefined)
    assert.ok(readFileSync(path).length > 0)
  })
})
