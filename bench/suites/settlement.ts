import { measureSettlementGas } from '../../test/support/settlementGas.ts'
import type { Suite } from '../row.ts'

/** What a call of `settle` costs on the base chain, data included. Gas is the same on every machine. */
export const suite: Suite = {
  name: 'settlement',
  summary: 'gas of settling, by what it is spent on',
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
    ]
  },
}
