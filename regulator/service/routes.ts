import type { TSchema } from '@sinclair/typebox'
import type { Role } from '../store/account.ts'
import {
  AccountBody,
  AlertBody,
  AlertDetail,
  AlertList,
  AlertParameters,
  AlertQuery,
  AssignBody,
  BackTestBody,
  BackTestRequest,
  ClosingBody,
  DayRange,
  LogBody,
  LogQuery,
  NoteBody,
  NoteList,
  OrderBody,
  RulesBody,
  SignedRulesBody,
  StatisticsBody,
  StatusBody,
} from './schemas.ts'

export type Route = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly summary: string
  /** Any one of them is enough. */
  readonly roles: readonly Role[]
  /** What the log calls it. */
  readonly action: string
  readonly parameters?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  readonly response: TSchema
}

const EVERYBODY: readonly Role[] = ['analyst', 'officer', 'approver', 'auditor']
const WORKERS: readonly Role[] = ['analyst', 'officer']

/** Every route, who may take it, and under which name the log keeps it. */
export const routes = {
  whoAmI: {
    ...{ method: 'GET', path: '/v1/account', action: 'ACCOUNT_READ' },
    summary: 'The account that this request is from.',
    roles: EVERYBODY,
    response: AccountBody,
  },
  getStatus: {
    ...{ method: 'GET', path: '/v1/status', action: 'STATUS_READ' },
    summary: 'How far the chain was read, and what is open, sealed and unreadable.',
    roles: EVERYBODY,
    response: StatusBody,
  },
  getStatistics: {
    ...{ method: 'GET', path: '/v1/statistics', action: 'STATISTICS_READ' },
    summary: 'Sums and counts by day, asset, tier and jurisdiction.',
    roles: EVERYBODY,
    query: DayRange,
    response: StatisticsBody,
  },
  listAlerts: {
    ...{ method: 'GET', path: '/v1/alerts', action: 'ALERTS_LISTED' },
    summary: 'Alerts by number, of a state and rule where these are named.',
    roles: EVERYBODY,
    query: AlertQuery,
    response: AlertList,
  },
  getAlert: {
    ...{ method: 'GET', path: '/v1/alerts/:id', action: 'ALERT_READ' },
    summary: 'One alert with its notes and the transfers that it rests on.',
    roles: EVERYBODY,
    parameters: AlertParameters,
    response: AlertDetail,
  },
  assignAlert: {
    ...{ method: 'POST', path: '/v1/alerts/:id/assign', action: 'ALERT_ASSIGNED' },
    summary: 'Give an alert to an analyst or officer.',
    roles: WORKERS,
    parameters: AlertParameters,
    body: AssignBody,
    response: AlertBody,
  },
  noteAlert: {
    ...{ method: 'POST', path: '/v1/alerts/:id/notes', action: 'ALERT_NOTED' },
    summary: 'Write a note; it is never changed.',
    roles: ['analyst', 'officer', 'approver'],
    parameters: AlertParameters,
    body: NoteBody,
    response: NoteList,
  },
  orderAlert: {
    ...{ method: 'POST', path: '/v1/alerts/:id/order', action: 'ALERT_ORDERED' },
    summary: 'Record the order, filed on the base chain, that the alert became.',
    roles: ['officer'],
    parameters: AlertParameters,
    body: OrderBody,
    response: AlertBody,
  },
  proposeClosing: {
    ...{ method: 'POST', path: '/v1/alerts/:id/closing', action: 'CLOSING_PROPOSED' },
    summary: 'Propose to close an alert, with a reason.',
    roles: WORKERS,
    parameters: AlertParameters,
    body: ClosingBody,
    response: AlertBody,
  },
  confirmClosing: {
    ...{ method: 'POST', path: '/v1/alerts/:id/closing/confirm', action: 'CLOSING_CONFIRMED' },
    summary: 'Close an alert that somebody else proposed to close.',
    roles: ['approver'],
    parameters: AlertParameters,
    response: AlertBody,
  },
  refuseClosing: {
    ...{ method: 'POST', path: '/v1/alerts/:id/closing/refuse', action: 'CLOSING_REFUSED' },
    summary: 'Send an alert back to who works on it.',
    roles: ['approver'],
    parameters: AlertParameters,
    response: AlertBody,
  },
  getRules: {
    ...{ method: 'GET', path: '/v1/rules', action: 'RULES_READ' },
    summary: 'The version of the rules that holds.',
    roles: EVERYBODY,
    response: RulesBody,
  },
  acceptRules: {
    ...{ method: 'POST', path: '/v1/rules', action: 'RULES_ACCEPTED' },
    summary: 'Accept a newer signed version of the rules.',
    roles: ['officer'],
    body: SignedRulesBody,
    response: RulesBody,
  },
  backTest: {
    ...{ method: 'POST', path: '/v1/back-tests', action: 'BACK_TEST_RUN' },
    summary: 'What another version of the rules would have found. Changes nothing.',
    roles: WORKERS,
    body: BackTestRequest,
    response: BackTestBody,
  },
  exportLog: {
    ...{ method: 'GET', path: '/v1/log', action: 'LOG_READ' },
    summary: 'Entries of the hash-chained log.',
    roles: ['auditor'],
    query: LogQuery,
    response: LogBody,
  },
} as const satisfies Record<string, Route>
export type RouteName = keyof typeof routes
