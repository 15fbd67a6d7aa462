import type { Static } from '@sinclair/typebox'
import { BackTest } from '../rules/backTest.ts'
import { readRulesDocument } from '../rules/document.ts'
import { RulesMissingError } from '../rules/errors.ts'
import { readSignedRules } from '../rules/signedRules.ts'
import { logEntryToJson } from '../log/exportLog.ts'
import type { Account } from '../store/account.ts'
import { aggregateRecords } from '../store/aggregateRecords.ts'
import { countRecords } from '../store/countRecords.ts'
import { countSealedRecords } from '../store/countSealedRecords.ts'
import type { Connection } from '../store/database.ts'
import { findLogHead } from '../store/findLogHead.ts'
import { findRules, type StoredRules } from '../store/findRules.ts'
import { insertRules } from '../store/insertRules.ts'
import { listAlertNotes } from '../store/listAlertNotes.ts'
import { listAlerts } from '../store/listAlerts.ts'
import { listEvidence } from '../store/listEvidence.ts'
import { listLogEntries } from '../store/listLogEntries.ts'
import { listRuleRecords, type RecordPosition } from '../store/listRuleRecords.ts'
import {
  confirmAlertClosing,
  getAlert,
  noteAlert,
  orderAlert,
  proposeAlertClosing,
  refuseAlertClosing,
  takeAlert,
} from './alertActions.ts'
import { RangeTooLongError } from './errors.ts'
import type { RouteName } from './routes.ts'
import {
  alertBody,
  type AlertQuery,
  type AssignBody,
  type BackTestRequest,
  type ClosingBody,
  type DayRange,
  evidenceBody,
  type LogQuery,
  type NoteBody,
  noteBody,
  type OrderBody,
} from './schemas.ts'

/** A request that was authenticated, authorised and checked against its schemas. */
export type Call = {
  readonly account: Account
  readonly parameters: { readonly id?: number }
  readonly query: unknown
  readonly body: unknown
}

export type HandlerDependencies = {
  readonly deployment: { readonly chainId: bigint; readonly rollup: string }
  /** Addresses whose signature makes a version of the rules acceptable. */
  readonly rulesSigners: readonly string[]
  /** Whether the base chain knows an order. */
  readonly isOrderFiled: (order: bigint) => Promise<boolean>
}

/** Runs in the transaction that also writes the log entry. `facts` are the entry's: references and counts. */
export type Handler = (
  connection: Connection,
  call: Call,
) => Promise<{ answer: unknown; facts?: Record<string, string | number> }>

const MAX_DAYS = 366
/** A back-test holds a transaction open, so it has an end: this many records take some seconds. */
const BACK_TEST_RECORDS = 500_000
const BACK_TEST_PAGE = 10_000

export function createHandlers({
  deployment,
  rulesSigners,
  isOrderFiled,
}: HandlerDependencies): Record<RouteName, Handler> {
  const idOf = ({ parameters: { id = 0 } }: Call): bigint => BigInt(id)
  return {
    whoAmI: (_connection, { account: { id, roles } }) => Promise.resolve({ answer: { id, roles } }),
    async getStatus(connection) {
      const { newestBlock, newestBatch, ...counts } = await countRecords(connection)
      const byEpoch = await countSealedRecords(connection)
      const rules = await findRules(connection)
      const { length } = await findLogHead(connection)
      return {
        answer: {
          ...counts,
          sealedByEpoch: [...byEpoch].map(([epoch, sealed]) => ({ epoch: Number(epoch), sealed })),
          newestBlock: Number(newestBlock),
          newestBatch: Number(newestBatch),
          ...(rules === undefined ? {} : { rulesVersion: rules.document.version }),
          logLength: Number(length),
        },
      }
    },
    async getStatistics(connection, { query }) {
      const days = checkDays(query as Static<typeof DayRange>)
      const groups = await aggregateRecords(connection, days)
      return {
        answer: {
          groups: groups.map((group) => ({
            ...group,
            day: Number(group.day),
            asset: Number(group.asset),
            sent: String(group.sent),
            takenIn: String(group.takenIn),
            withdrawn: String(group.withdrawn),
            fees: String(group.fees),
          })),
        },
        facts: { fromDay: String(days.fromDay), toDay: String(days.toDay) },
      }
    },
    async listAlerts(connection, { query }) {
      const { state, rule, after = 0, limit = 50 } = query as Static<typeof AlertQuery>
      const alerts = await listAlerts(connection, { state, rule, after: BigInt(after), limit })
      return { answer: { alerts: alerts.map(alertBody) }, facts: { alerts: alerts.length } }
    },
    async getAlert(connection, call) {
      const alert = await getAlert(connection, idOf(call))
      const notes = await listAlertNotes(connection, alert.id)
      const evidence = await listEvidence(connection, alert)
      return {
        answer: {
          alert: alertBody(alert),
          notes: notes.map(noteBody),
          evidence: evidence.map(evidenceBody),
        },
      }
    },
    async assignAlert(connection, call) {
      const { owner } = call.body as Static<typeof AssignBody>
      const alert = await takeAlert(connection, { id: idOf(call), owner })
      return { answer: alertBody(alert), facts: { owner } }
    },
    async noteAlert(connection, call) {
      const { text } = call.body as Static<typeof NoteBody>
      const id = idOf(call)
      await noteAlert(connection, { id, account: call.account, text })
      const notes = await listAlertNotes(connection, id)
      return { answer: { notes: notes.map(noteBody) } }
    },
    async orderAlert(connection, call) {
      const { orderNumber } = call.body as Static<typeof OrderBody>
      const act = { id: idOf(call), account: call.account, orderNumber: BigInt(orderNumber) }
      const alert = await orderAlert(connection, { ...act, isFiled: isOrderFiled })
      return { answer: alertBody(alert), facts: { order: orderNumber } }
    },
    async proposeClosing(connection, call) {
      const { resolution, reason } = call.body as Static<typeof ClosingBody>
      const act = { id: idOf(call), account: call.account, resolution, reason }
      return {
        answer: alertBody(await proposeAlertClosing(connection, act)),
        facts: { resolution },
      }
    },
    async confirmClosing(connection, call) {
      const act = { id: idOf(call), account: call.account }
      return { answer: alertBody(await confirmAlertClosing(connection, act)) }
    },
    async refuseClosing(connection, call) {
      const act = { id: idOf(call), account: call.account }
      return { answer: alertBody(await refuseAlertClosing(connection, act)) }
    },
    async getRules(connection) {
      const rules = await findRules(connection)
      if (rules === undefined) throw new RulesMissingError()
      return { answer: rulesBody(rules), facts: { version: rules.document.version } }
    },
    async acceptRules(connection, { body }) {
      const signed = await readSignedRules(body, { ...deployment, trusted: rulesSigners })
      await insertRules(connection, signed)
      const rules = await findRules(connection)
      if (rules === undefined) throw new RulesMissingError()
      const { hash, signer } = rules
      return {
        answer: rulesBody(rules),
        facts: { version: rules.document.version, hash, signer },
      }
    },
    async backTest(connection, { body }) {
      const { document, ...range } = body as Static<typeof BackTestRequest>
      const days = checkDays(range)
      const test = new BackTest(readRulesDocument(document))
      const truncated = await runBackTest(connection, test, days)
      const summary = test.summary()
      return {
        answer: { ...summary, truncated },
        facts: { fromDay: String(days.fromDay), toDay: String(days.toDay) },
      }
    },
    async exportLog(connection, { query }) {
      const { from = 1, limit = 1_000 } = query as Static<typeof LogQuery>
      const entries = await listLogEntries(connection, { from: BigInt(from), limit })
      return {
        answer: { entries: entries.map(logEntryToJson) },
        facts: { from, entries: entries.length },
      }
    },
  }
}

/** Feeds the history of some days to a back-test. @returns whether there was more than one run takes. */
export async function runBackTest(
  connection: Connection,
  test: BackTest,
  { fromDay, toDay, most = BACK_TEST_RECORDS }: { fromDay: bigint; toDay: bigint; most?: number },
): Promise<boolean> {
  let after: RecordPosition | undefined
  for (let count = 0; count < most;) {
    const limit = Math.min(BACK_TEST_PAGE, most - count)
    const records = await listRuleRecords(connection, { fromDay, toDay, after, limit })
    for (const record of records) test.add(record)
    count += records.length
    after = records.at(-1)
    if (records.length < limit) return false
  }
  const more = await listRuleRecords(connection, { fromDay, toDay, after, limit: 1 })
  return more.length > 0
}

/** @throws {RangeTooLongError} */
function checkDays({ fromDay, toDay }: Static<typeof DayRange>) {
  if (toDay < fromDay || toDay - fromDay >= MAX_DAYS)
    throw new RangeTooLongError({ days: MAX_DAYS })
  return { fromDay: BigInt(fromDay), toDay: BigInt(toDay) }
}

function rulesBody({ hash, acceptedAt, document, signer, signature }: StoredRules) {
  return { hash, acceptedAt: acceptedAt.toISOString(), signed: { document, signer, signature } }
}
