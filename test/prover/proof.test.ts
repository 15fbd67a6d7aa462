import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { groth16 } from 'snarkjs'

import {
  proofFromSnarkjs,
  proofFromWords,
  proofToSnarkjs,
  proofToWords,
} from '../../prover/proof.ts'
import type { ProofWords } from '../../prover/proof.ts'

const words: ProofWords = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]

describe('proofToWords', () => {
  test('default: the order is that of snarkjs for Solidity', async () => {
    const proof = proofFromWords(words)
    const calldata = await groth16.exportSolidityCallData(proofToSnarkjs(proof), ['9'])
    const [a, b, c] = JSON.parse(`[${calldata}]`) as [string[], string[][], string[]]
    assert.deepEqual([...a, ...b.flat(), ...c].map(BigInt), [...words])
  })

  test('behavior: words and snarkjs form lose nothing', () => {
    assert.deepEqual(proofToWords(proofFromWords(words)), words)
    assert.deepEqual(proofToWords(proofFromSnarkjs(proofToSnarkjs(proofFromWords(words)))), words)
  })
})
