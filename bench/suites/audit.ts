import type { ChainEventOf, SettledTransfer } from '../../l1/chainEvents.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { BATCH_CIRCUITS } from '../../protocol/constants.ts'
import { isOpened, openRecords } from '../../regulator/openRecords.ts'
import { aTransfer, auditSecretI, auditSecretS } from '../../test/support/transfers.ts'
import type { AuditKeyRing } from '../../regulator/auditKeys.ts'
import type { Suite } from '../row.ts'

const RECORDS = 600

/** How fast a supervisor reads settled transfers: both records of each, on one thread. */
export const suite: Suite = {
  name: 'audit',
  summary: 'records that a supervisor opens in a second, on one thread',
  run(say) {
    const { publicInputs, memo } = aTransfer()
    const { transferSlots } = BATCH_CIRCUITS['batch-16']
    const transfer: SettledTransfer = {
      kind: 'transfer',
      slot: 0,
      firstLeafIndex: 64n,
      publicInputs,
      memo,
      anchorBatch: 0n,
    }
    const batch: ChainEventOf<'batchSettled'> = {
      type: 'batchSettled',
      blockNumber: 1n,
      blockHash: '0x',
      transactionHash: '0x',
      logIndex: 0,
      timestamp: 0n,
      batchNumber: 1n,
      circuit: 'batch-16',
      feeRecipient: '0x',
      position: 16n,
      oldSlotCount: 1n,
      newSlotCount: 32n,
      noteRoot: 0n,
      nullifierRoot: 0n,
      transfers: Array.from({ length: transferSlots }, (_, slot) => ({ ...transfer, slot })),
      deposits: [],
    }
    const keys = { statistics: ringOf(auditSecretS), investigation: ringOf(auditSecretI) }
    const open = (): number =>
      openRecords(batch, keys).reduce(
        (sum, { statistics, investigation }) =>
          sum + Number(isOpened(statistics)) + Number(isOpened(investigation)),
        0,
      )
    if (open() !== 2 * transferSlots) {
      throw new Error('the records do not open with their own keys')
    }
    say(`opening ${String(RECORDS)} records`)
    const started = performance.now()
    let opened = 0
    for (let round = 0; round < RECORDS / (2 * transferSlots); round++) opened += open()
    const seconds = (performance.now() - started) / 1000
    return Promise.resolve([
      { name: 'audit.recordsOpenedPerSecond', value: opened / seconds, unit: 'records/s' },
    ])
  },
}

function ringOf(secret: bigint): AuditKeyRing {
  const auditKey = mulBase8(secret)
  return { secretOf: ({ x, y }) => (x === auditKey.x && y === auditKey.y ? secret : undefined) }
}
