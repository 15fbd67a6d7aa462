import type { TransferCircuit } from '../../protocol/constants.ts'
import { publicInputsFromArray } from '../../protocol/publicInputs.ts'
import type { Statement, WaitingTransfer } from '../transfer.ts'
import { fromBytes, fromField } from './database.ts'

/** The statement's columns, as every query selects them. */
export type StatementRow = {
  id: Buffer
  circuit: TransferCircuit
  public_inputs: Buffer[]
  memo: Buffer
  anchor_batch: string
}

export function statementFromRow(row: StatementRow): Statement {
  return {
    id: fromBytes(row.id),
    circuit: row.circuit,
    publicInputs: publicInputsFromArray(row.circuit, row.public_inputs.map(fromField)),
    memo: new Uint8Array(row.memo),
    anchorBatch: BigInt(row.anchor_batch),
  }
}

export function waitingFromRow(row: StatementRow & { admitted_at: Date }): WaitingTransfer {
  return { ...statementFromRow(row), admittedAt: row.admitted_at }
}

export function nullifierToBytes(nullifier: bigint): Buffer {
  return Buffer.from(nullifier.toString(16).padStart(64, '0'), 'hex')
}
