import { type Alert, type AlertState, type Resolution } from '../store/alert.ts'
import type { Account } from '../store/account.ts'
import { assignAlert } from '../store/assignAlert.ts'
import { confirmClosing } from '../store/confirmClosing.ts'
import { type Connection, violatedConstraint } from '../store/database.ts'
import { findAlert } from '../store/findAlert.ts'
import { insertAlertNote } from '../store/insertAlertNote.ts'
import { listAccounts } from '../store/listAccounts.ts'
import { proposeClosing } from '../store/proposeClosing.ts'
import { recordOrder } from '../store/recordOrder.ts'
import { refuseClosing } from '../store/refuseClosing.ts'
import {
  AlertStateError,
  AlertUnknownError,
  FourEyesError,
  OrderNotFiledError,
  OwnerUnknownError,
} from './errors.ts'

type Act = { readonly id: bigint; readonly account: Account }

/** @throws {AlertUnknownError} */
export async function getAlert(connection: Connection, id: bigint): Promise<Alert> {
  const alert = await findAlert(connection, { id })
  if (alert === undefined) throw new AlertUnknownError({ id })
  return alert
}

/** The alert, which nobody else changes until the transaction ends. */
async function lockAlert(
  connection: Connection,
  id: bigint,
  allowed: readonly AlertState[],
): Promise<Alert> {
  const alert = await findAlert(connection, { id, isLocked: true })
  if (alert === undefined) throw new AlertUnknownError({ id })
  if (!allowed.includes(alert.state)) {
    throw new AlertStateError({ id, state: alert.state, allowed })
  }
  return alert
}

export async function takeAlert(
  connection: Connection,
  { id, owner }: { id: bigint; owner: string },
): Promise<Alert> {
  await lockAlert(connection, id, ['open', 'assigned'])
  const known = (await listAccounts(connection)).find((candidate) => candidate.id === owner)
  const isFit =
    known !== undefined &&
    known.disabledAt === undefined &&
    known.roles.some((role) => role === 'analyst' || role === 'officer')
  if (!isFit) throw new OwnerUnknownError({ owner })
  await assignAlert(connection, { id, owner })
  return getAlert(connection, id)
}

export async function noteAlert(
  connection: Connection,
  { id, account, text }: Act & { text: string },
): Promise<void> {
  await getAlert(connection, id)
  await insertAlertNote(connection, { alert: id, author: account.id, text })
}

export async function orderAlert(
  connection: Connection,
  {
    id,
    account,
    orderNumber,
    isFiled,
  }: Act & { orderNumber: bigint; isFiled: (order: bigint) => Promise<boolean> },
): Promise<Alert> {
  await lockAlert(connection, id, ['assigned'])
  if (!(await isFiled(orderNumber))) throw new OrderNotFiledError({ order: orderNumber })
  await recordOrder(connection, { id, orderNumber, account: account.id })
  return getAlert(connection, id)
}

export async function proposeAlertClosing(
  connection: Connection,
  { id, account, resolution, reason }: Act & { resolution: Resolution; reason: string },
): Promise<Alert> {
  await lockAlert(connection, id, ['open', 'assigned', 'ordered'])
  await proposeClosing(connection, { id, resolution, reason, account: account.id })
  return getAlert(connection, id)
}

export async function confirmAlertClosing(
  connection: Connection,
  { id, account }: Act,
): Promise<Alert> {
  await lockAlert(connection, id, ['closing'])
  try {
    await confirmClosing(connection, { id, account: account.id })
  } catch (error) {
    if (violatedConstraint(error) === 'alert_closing_needs_four_eyes') {
      throw new FourEyesError({ id })
    }
    throw error
  }
  return getAlert(connection, id)
}

export async function refuseAlertClosing(connection: Connection, { id }: Act): Promise<Alert> {
  await lockAlert(connection, id, ['closing'])
  await refuseClosing(connection, id)
  return getAlert(connection, id)
}
