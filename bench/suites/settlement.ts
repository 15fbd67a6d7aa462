import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'
import { measureSettlementGas, type SettlementGas } from '../../test/support/settlementGas.ts'
import type { Row, Suite } from '../row.ts'

/** Transactions may not use more (EIP-7825): 2^24. */
const GAS_LIMIT = 2 ** 24
/** Full batches in one call. */
const BATCHES = [1, 2, 4, 8, 16]

/** What a call of `settle` costs on the base chain, data included. Gas is the same on every machine. */
export const suite: Suite = {
  name: 'settlement',
  summary: 'gas of settling, by what it is spent on',
  plots: [
    {
      title: 'Gas a transfer against transfers in a call (sums of measured parts, full batches)',
      x: { label: 'transfers in one call of settle' },
      y: { label: 'gas a transfer', scale: 'linear' },
    },
  ],
  async run(say) {
    say('deploying and settling on a chain of its own')
    const gas = await measureSettlementGas()
    return [
      { name: 'settle.fixedGas', value: gas.fixed, unit: 'gas' },
      { name: 'settle.marginalGasPerTransfer', value: gas.marginalTransfer, unit: 'gas' },
      {
        name: 'settle.marginalGasPerTransferWithFee',
        value: gas.marginalTransferWithFee,
        unit: 'gas',
      },
      { name: 'settle.marginalGasPerCollect', value: gas.marginalCollect, unit: 'gas' },
      { name: 'settle.gasPerFurtherBatch', value: gas.batch, unit: 'gas' },
      { name: 'settle.gasPerDeposit', value: gas.depositTaken, unit: 'gas' },
      { name: 'settle.gasPerWithdrawal', value: gas.withdrawal, unit: 'gas' },
      {
        name: 'settle.calldataBytesPerTransfer',
        value: gas.calldataBytesPerTransfer,
        unit: 'bytes',
      },
      { name: 'vault.depositGas', value: gas.depositQueued, unit: 'gas' },
      { name: 'vault.claimGas', value: gas.claim, unit: 'gas' },
      ...perTransfer(gas),
    ]
  },
}

/**
 * What a transfer costs in calls of full batches of one size, from the parts measured above: up to the gas that a
 * transaction may use.
 */
function perTransfer(gas: SettlementGas): Row[] {
  const furtherBatch: Record<BatchCircuit, number> = {
    'batch-4': gas.batch,
    'batch-16': gas.batchOf16,
    'batch-64': gas.batchOf64,
  }
  return Object.entries(BATCH_CIRCUITS).flatMap(([name, { transferSlots }]) => {
    const further = furtherBatch[name as BatchCircuit]
    return BATCHES.flatMap((batches) => {
      const transfers = batches * transferSlots
      // `fixed` holds one batch of 16.
      const total = gas.fixed - gas.batchOf16 + batches * further + transfers * gas.marginalTransfer
      if (total > GAS_LIMIT) return []
      return [
        {
          name: `settle.gasPerTransfer.${name}.At${transfers}`,
          value: Math.round(total / transfers),
          unit: 'gas, from the measured parts',
          size: transfers,
          series: name,
        },
      ]
    })
  })
}
