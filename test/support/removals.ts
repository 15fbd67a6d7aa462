import { keccak256 } from 'viem'
import type { Order } from '../../l1/orders.ts'
import { canonicalBytes } from '../../protocol/canonicalJson.ts'
import type { FindOrder, Removal } from '../../sequencer/server/removals.ts'

/** An order about one transfer, with its scope. */
export function aRemoval(order: string, nullifier: `0x${string}`): Removal {
  return {
    order,
    scope: {
      type: 'cinnabar.scope',
      version: 1,
      chainId: '31337',
      log: `0x${'11'.repeat(20)}`,
      keys: ['investigation'],
      salt: `0x${'22'.repeat(32)}`,
      kind: 'transfers',
      transfers: [{ batch: '1', slot: 0, nullifier }],
    },
  }
}

/** Orders as the log of the base chain would have them, approved. The contract itself: test/sequencer/removals.test.ts. */
export function anOrderBook(...removals: Removal[]): {
  findOrder: FindOrder
  add: (removal: Removal) => void
} {
  return {
    add: (removal) => removals.push(removal),
    findOrder: (number) => {
      const found = removals.find(({ order }) => BigInt(order) === number)
      return Promise.resolve(found === undefined ? undefined : anOrder(found))
    },
  }
}

function anOrder({ order, scope }: Removal): Order {
  const zeros = `0x${'00'.repeat(32)}` as const
  return {
    ...{ number: BigInt(order), state: 'authorised', kind: 'transfers' },
    ...{ isEmergency: false, isOverdue: false, isViolation: false, isRefused: false },
    ...{ legalBasis: 12, limit: 1, opened: 0, deadline: 0n, ratifyBy: 0n },
    ...{ filer: '0x01', reviewer: '0x02', judge: '0x03' },
    ...{ caseHash: zeros, scopeHash: keccak256(canonicalBytes(scope)), bundleHash: zeros },
  }
}
