import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { largeState } from '../../../bench/largeState.ts'
import { NOTE_TREE_DEPTH, NULLIFIER_TREE_DEPTH } from '../../../protocol/constants.ts'
import { applyBatch } from '../../../protocol/applyBatch.ts'
import { NULLIFIER_LIMIT, NullifierTree, hashInterval } from '../../../protocol/nullifierTree.ts'
import { initialState } from '../../../protocol/rollupState.ts'
import { MerkleTree } from '../../../protocol/tree.ts'
import { openKernels } from '../../../prover/kernels.ts'
import { LmdbStateStore } from '../../../sequencer/state/lmdbStateStore.ts'
import { SealedState } from '../../../sequencer/state/sealedState.ts'
import { MemoryStateStore } from '../../../sequencer/state/stateStore.ts'
import {
  chainBatch,
  extend,
  openStored,
  plainState,
  stateDomain,
  stateHasher,
} from '../../support/stateBatches.ts'

const child = fileURLToPath(new URL('../../support/stateChild.ts', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'cinnabar-state-'))
after(() => {
  rmSync(root, { recursive: true, force: true })
})

let directory: string
let opened: SealedState[]
beforeEach(() => {
  directory = mkdtempSync(join(root, 'dir-'))
  opened = []
})
afterEach(async () => {
  for (const state of opened) await state.close()
})
const openHere = async (domain?: bigint) => {
  const here = await openStored(directory, domain)
  opened.push(here.state)
  return here
}

/** Everything that a tree answers, of a few places. */
function describeState(state: SealedState): unknown {
  const { noteTree, nullifierTree, slotCount } = state.fork()
  const leafCount = Number(slotCount)
  return {
    head: state.head,
    size: nullifierTree.size,
    notes: state.leaves(0, 4 * leafCount),
    nullifiers: Array.from({ length: leafCount }, (_, i) => nullifierTree.leaf(i)),
    paths: [0, 1, leafCount - 1, leafCount].map((i) => [
      noteTree.path(4 * i),
      nullifierTree.path(i),
    ]),
    subtrees: [noteTree.path(leafCount >> 2, 2), nullifierTree.path(0, 3)],
    found: [0n, 1n, NULLIFIER_LIMIT >> 1n, NULLIFIER_LIMIT - 1n].map((v) => nullifierTree.find(v)),
  }
}

/** Leaves and intervals of a chain, without any of the code under test: sorted lists and full hashing. */
function describePlainly(
  chain: string,
  count: number,
): { noteRoot: bigint; nullifierRoot: bigint } {
  const notes = new MerkleTree(NOTE_TREE_DEPTH, { hasher: stateHasher })
  const members: { value: bigint; leaf: number }[] = [{ value: 0n, leaf: 0 }]
  let slotCount = 1
  for (let number = 1; number <= count; number++) {
    const { slots, circuit } = chainBatch(chain, number)
    const size = circuit === 'batch-4' ? 4 : 16
    const position = Math.ceil(slotCount / size) * size
    slots.forEach((slot, i) => {
      if (slot.kind === 'empty') return
      members.push({ value: slot.nullifier, leaf: position + i })
      notes.setLeaves(4 * (position + i), slot.outputs)
    })
    slotCount = position + size
  }
  const nullifiers = new MerkleTree(NULLIFIER_TREE_DEPTH, { hasher: stateHasher })
  members.sort((a, b) => (a.value < b.value ? -1 : 1))
  members.forEach(({ value, leaf }, i) => {
    nullifiers.setLeaf(leaf, hashInterval(value, members[i + 1]?.value ?? NULLIFIER_LIMIT))
  })
  return { noteRoot: notes.root, nullifierRoot: nullifiers.root }
}

describe('a state in LMDB', () => {
  test('property: forks, reverts, flushes and restarts leave it as a state in memory', async () => {
    const steps = fc.array(
      fc.constantFrom(
        ...(['extend', 'extend', 'extend', 'revert', 'drop', 'flush', 'reopen'] as const),
      ),
      { minLength: 4, maxLength: 14 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        directory = mkdtempSync(join(root, 'dir-'))
        let { state } = await openStored(directory)
        const memory = new SealedState(new MemoryStateStore(stateHasher))
        for (const step of run) {
          if (step === 'extend') for (const each of [state, memory]) extend(each, 'a', 1)
          if (step === 'revert' && memory.head.batchNumber > 0n) {
            assert.deepEqual([state.revert(), memory.revert()], [true, true])
          }
          if (step === 'drop') {
            const number = Number(state.head.batchNumber) + 1
            applyBatch(state.fork(), chainBatch('dropped', number))
          }
          if (step === 'flush') state.flush()
          if (step === 'reopen') {
            await state.close()
            ;({ state } = await openStored(directory))
          }
          assert.deepEqual(describeState(state), describeState(memory))
        }
        const count = Number(memory.head.batchNumber)
        const { noteRoot, nullifierRoot } = describePlainly('a', count)
        assert.deepEqual([state.head.noteRoot, state.head.nullifierRoot], [noteRoot, nullifierRoot])
        for (let number = 0; number <= count + 1; number++) {
          assert.deepEqual(state.rootsOf(BigInt(number)), memory.rootsOf(BigInt(number)))
        }
        await state.close()
      }),
      { numRuns: 12, seed: 6 },
    )
  })

  test('default: a new one is the initial state, and stays it', async () => {
    for (let round = 0; round < 2; round++) {
      const { state, discarded } = await openHere()
      assert.equal(discarded, undefined)
      const initial = initialState()
      assert.deepEqual(state.head, {
        batchNumber: 0n,
        noteRoot: initial.noteTree.root,
        nullifierRoot: NullifierTree.initial().root,
        slotCount: 1n,
      })
      assert.equal(state.rootsOf(1n), undefined)
      assert.equal(state.rootsOf(-1n), undefined)
      assert.equal(state.revert(), false)
      await state.close()
    }
  })

  test('behavior: closing writes what was not written', async () => {
    const { state } = await openHere()
    extend(state, 'a', 5)
    await state.close()
    const again = await openHere()
    assert.equal(again.discarded, undefined)
    assert.deepEqual(again.state.head.batchNumber, 5n)
    assert.equal(again.state.head.noteRoot, plainState('a', 5).noteTree.root)
    assert.equal(existsSync(join(directory, 'opening')), false)
  })

  test('behavior: killed again and again, it opens at a batch that was flushed, and goes on', async () => {
    let last = 0
    for (let round = 0; round < 5; round++) {
      const running = spawn(process.execPath, [child, directory, 'k', String(1 + (round % 3))], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]()
      const first = (await lines.next()).value as string
      const [, number = '', ...why] = first.split(' ')
      assert.equal(why.join(' '), 'kept')
      assert.ok(Number(number) >= last, `opened at ${number} after ${String(last)} was flushed`)
      // At a moment of its own each time, most often inside a batch or a flush.
      const wanted = 2 + round
      for (let seen = 0; seen < wanted; seen++) {
        const [code, at] = ((await lines.next()).value as string).split(' ')
        assert.equal(code, 'flushed')
        last = Number(at)
      }
      const gone = once(running, 'exit')
      running.kill('SIGKILL')
      await gone
      // Flushes that were not read any more may have happened.
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        last = Number(line.value.split(' ')[1])
      }
    }
    const { state, discarded } = await openHere()
    assert.equal(discarded, undefined)
    const count = Number(state.head.batchNumber)
    assert.ok(count >= last && count <= last + 3, `${String(count)} after ${String(last)}`)
    const memory = new SealedState(new MemoryStateStore(stateHasher))
    extend(memory, 'k', count)
    assert.deepEqual(describeState(state), describeState(memory))
  })

  test('behavior: a disk without room loses nothing, and is written once there is room', async () => {
    const limited = (kilobytes: number) =>
      spawn(
        '/bin/bash',
        [
          '-c',
          `trap '' XFSZ; ulimit -f ${String(kilobytes)}; exec "$@"`,
          'bash',
          ...[process.execPath, child, directory, 'd', '8'],
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
    const { state } = await openHere()
    extend(state, 'd', 8)
    await state.close()
    const room = Math.ceil(statSync(join(directory, 'data.mdb')).size / 1024)
    const running = limited(room + 600)
    let failures = 0
    let flushed = 0
    for await (const line of createInterface({ input: running.stdout })) {
      const [code, at] = line.split(' ')
      if (code === 'opened') assert.equal(at, '8')
      else if (code === 'flushed') flushed = Number(at)
      else {
        // It goes on in memory: later failures have higher batch numbers.
        assert.equal(code, 'STATE_UNWRITABLE')
        failures += 1
        assert.ok(Number(at) > flushed)
      }
      if (failures === 3) running.kill('SIGKILL')
    }
    assert.equal(failures, 3)
    const again = await openHere()
    assert.equal(again.discarded, undefined)
    assert.equal(Number(again.state.head.batchNumber), Math.max(flushed, 8))
    const count = Number(again.state.head.batchNumber)
    assert.equal(again.state.head.noteRoot, plainState('d', count).noteTree.root)
    extend(again.state, 'd', 1)
    again.state.flush()
    assert.deepEqual(again.failures, [])
  })

  test('error: a directory that cannot be one', async () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    await assert.rejects(openStored(join(file, 'state')), { code: 'STATE_DIRECTORY_UNUSABLE' })
    await assert.rejects(openStored(file), { code: 'STATE_DIRECTORY_UNUSABLE' })
  })

  test('behavior: what is damaged, cut off, foreign or was fatal is discarded with its reason', async () => {
    const file = join(directory, 'data.mdb')
    const fill = async () => {
      const { state } = await openStored(directory)
      extend(state, 'x', 6)
      await state.close()
    }
    const expectDiscarded = async (reason: RegExp, domain?: bigint) => {
      const { state, discarded } = await openStored(directory, domain)
      assert.match(discarded ?? 'nothing discarded', reason)
      assert.equal(state.head.batchNumber, 0n)
      await state.close()
      for (const name of ['data.mdb', 'lock.mdb', 'opening']) {
        rmSync(join(directory, name), { force: true })
      }
    }
    await fill()
    await expectDiscarded(/another deployment/, 7n)
    await fill()
    truncateSync(file, Math.floor(statSync(file).size / 2))
    await expectDiscarded(/cut off/)
    await fill()
    truncateSync(file, 100)
    await expectDiscarded(/./)
    await fill()
    writeFileSync(file, 'not a database'.repeat(10_000))
    await expectDiscarded(/./)
    await fill()
    writeFileSync(join(directory, 'opening'), '')
    await expectDiscarded(/died while it opened/)
    // A file of somebody else's beside them stays.
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    writeFileSync(file, 'not a database')
    await expectDiscarded(/./)
    assert.equal(readFileSync(join(directory, 'notes.txt'), 'utf8'), 'mine')
  })

  test('behavior: a changed byte in a tree is noticed when it is read', async () => {
    const { state } = await openStored(directory)
    extend(state, 'x', 3)
    const leaf = state.leaves(16, 1)[0] ?? 0n
    await state.close()
    const file = join(directory, 'data.mdb')
    const bytes = readFileSync(file)
    const little = Buffer.from(leaf.toString(16).padStart(64, '0'), 'hex').reverse()
    let places = 0
    for (let at = bytes.indexOf(little); at !== -1; at = bytes.indexOf(little, at + 1)) {
      bytes[at] = (bytes[at] ?? 0) ^ 1
      places += 1
    }
    assert.ok(places > 0)
    writeFileSync(file, bytes)
    const again = await openHere()
    assert.throws(() => again.state.leaves(16, 1), { code: 'STATE_DAMAGED' })
  })

  test('behavior: who opens it later owns it; the former owner writes no more', async () => {
    const former = await openHere()
    const running = spawn(process.execPath, [child, directory, 'b', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(createInterface({ input: running.stdout }), 'line')
    const gone = once(running, 'exit')
    running.kill('SIGKILL')
    await gone
    extend(former.state, 'a', 1)
    former.state.flush()
    assert.equal((former.failures[0] as { code: string }).code, 'STATE_TAKEN')
    const again = await openHere()
    const count = Number(again.state.head.batchNumber)
    assert.equal(again.state.head.noteRoot, plainState('b', count).noteTree.root)
  })
})

describe('a state loaded in bulk', () => {
  test('property: is the one that sorted lists and full hashing give, and goes on from there', async () => {
    for (const count of [16, 400]) {
      const domain = stateDomain
      const own = mkdtempSync(join(root, 'dir-'))
      const store = await LmdbStateStore.open({ directory: own, domain, hasher: stateHasher })
      const kernels = openKernels()
      await store.load(largeState(count, kernels), kernels)
      const state = new SealedState(store)
      opened.push(state)

      const ends = [...largeState(count, kernels).ends]
      assert.equal(new Set(ends.map(({ index }) => index)).size, count)
      const nullifiers = new MerkleTree(NULLIFIER_TREE_DEPTH, { hasher: stateHasher })
      ends.forEach(({ from, index }, i) => {
        const to = ends[i + 1]?.from ?? NULLIFIER_LIMIT
        assert.ok(from < to)
        nullifiers.setLeaf(index, hashInterval(from, to))
      })
      const notes = new MerkleTree(NOTE_TREE_DEPTH, { hasher: stateHasher })
      notes.setLeaves(0, state.leaves(0, 4 * count))
      assert.equal(state.leaves(0, 4 * count).length, 4 * count)
      assert.deepEqual(state.head, {
        batchNumber: 1n,
        noteRoot: notes.root,
        nullifierRoot: nullifiers.root,
        slotCount: BigInt(count),
      })
      assert.equal(state.fork().nullifierTree.size, count)
      assert.equal(state.isSpent(ends[7]?.from ?? 0n), true)

      const before = state.head
      extend(state, 'on top', 2)
      assert.deepEqual([state.revert(), state.revert()], [true, true])
      assert.deepEqual(state.head, before)
    }
  })
})
