import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { encodeAbiParameters, keccak256, stringToHex } from 'viem'
import { spongeWords, challengeRho } from '../../protocol/batchWords.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { deploymentDomain, keccak248 } from '../../protocol/domain.ts'
import { fieldOf } from '../support/identities.ts'

const rollup = '0x5fbdb2315678afecb367f032d93f642f64180aa3'

describe('deploymentDomain', () => {
  test('default: as Solidity’s abi.encode and keccak256 give it', () => {
    for (const chainId of [1n, 31_337n, (1n << 64n) - 1n]) {
      const encoded = encodeAbiParameters(
        [{ type: 'bytes32' }, { type: 'uint256' }, { type: 'address' }],
        [stringToHex('cinnabar.domain', { size: 32 }), chainId, rollup],
      )
      assert.equal(deploymentDomain({ chainId, rollup }), BigInt(keccak256(encoded)) >> 8n)
    }
  })

  test('behavior: chain and address both count', () => {
    const other = '0x5fbdb2315678afecb367f032d93f642f64180aa4'
    const all = [
      deploymentDomain({ chainId: 1n, rollup }),
      deploymentDomain({ chainId: 2n, rollup }),
      deploymentDomain({ chainId: 1n, rollup: other }),
    ]
    assert.equal(new Set(all).size, 3)
    assert.ok(all.every((domain) => domain < 1n << 248n))
  })

  test('behavior: the spelling of the address does not count', () => {
    const upper = `0x${rollup.slice(2).toUpperCase()}` as const
    assert.equal(
      deploymentDomain({ chainId: 1n, rollup }),
      deploymentDomain({ chainId: 1n, rollup: upper }),
    )
  })
})

describe('keccak248', () => {
  test('behavior: the top 248 bits', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    assert.equal(keccak248(bytes), BigInt(keccak256(bytes)) >> 8n)
  })
})

describe('challengeRho', () => {
  test('behavior: as Solidity’s abi.encode and keccak256 give it', () => {
    const words = [0n, 1n, FIELD_ORDER - 1n, fieldOf('word')]
    const [domain, c] = [fieldOf('domain') >> 6n, spongeWords(words)]
    const values = [domain, 3n, c, ...words]
    const encoded = encodeAbiParameters(
      values.map(() => ({ type: 'uint256' })),
      values,
    )
    assert.equal(
      challengeRho({ domain, circuitId: 3, c, words }),
      BigInt(keccak256(encoded)) % FIELD_ORDER,
    )
  })
})
