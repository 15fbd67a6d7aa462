import { formatMinute } from '../../protocol/calendar.ts'
import { ROLE_IDS, type RoleName } from '../contracts/roles.ts'
import type { RiskFacts, RoleMember } from './readRiskFacts.ts'

/** L2BEAT's five risks. */
export const riskAreas = [
  'State validation',
  'Data availability',
  'Exit window',
  'Sequencer failure',
  'Proposer failure',
] as const
export type RiskArea = (typeof riskAreas)[number]

/** What this deployment is said to do, and whether its contracts do it. */
export type StatedPromise = {
  readonly id: string
  readonly area: RiskArea
  readonly promise: string
  readonly holds: boolean
  /** What was found: one sentence. */
  readonly found: string
}

export type RiskSheet = {
  readonly promises: readonly StatedPromise[]
  /** Longest time from asking to leave until the money can be claimed, seconds. */
  readonly exitSeconds: bigint
  readonly holds: boolean
}

/** Whoever has one of these can change what the contracts do, so each must leave time to leave. */
const DELAYED_ROLES: readonly RoleName[] = ['admin', 'governance']

/**
 * The risk sheet of a deployment. Every promise is one that the documents make; every finding is computed from what the
 * contracts say.
 */
export function riskSheet(facts: RiskFacts): RiskSheet {
  const exitSeconds = exitTime(facts)
  const promises = [
    ...stateValidation(facts),
    ...dataAvailability(facts),
    ...exitWindow(facts, exitSeconds),
    ...sequencerFailure(facts),
    ...proposerFailure(facts),
  ]
  return { promises, exitSeconds, holds: promises.every(({ holds }) => holds) }
}

/**
 * An exit against an operator that does nothing: the deadline of what was queued by force, an unused lease, one that
 * settles it, and the longest stop of the clock between. Then it can be claimed.
 */
export function exitTime({ times, proposers, clock }: RiskFacts): bigint {
  const deadline =
    times.forcedDeadline > times.depositDeadline ? times.forcedDeadline : times.depositDeadline
  return deadline + 2n * proposers.leaseTime + clock.maxStop
}

function stateValidation(facts: RiskFacts): StatedPromise[] {
  const { foreign, keys, functions, strayed, assets } = facts
  const area = 'State validation'
  const wrong = functions.filter(({ expected, actual }) => actual !== ROLE_IDS[expected])
  const short = assets.filter(({ held, owed }) => held < owed)
  return [
    {
      ...{ id: 'code', area },
      promise: 'The contracts are, byte for byte, what the sources here compile to.',
      holds: foreign.length === 0,
      found:
        foreign.length === 0
          ? `${String(Object.keys(facts.contracts).length)} contracts compared`
          : `${foreign.join(', ')} has other code: what is said of it below need not be true`,
    },
    {
      ...{ id: 'proofs', area },
      promise:
        'Every transfer and every batch is proved, under keys that the verifier registry names.',
      holds: keys.missing.length === 0,
      found:
        keys.missing.length === 0
          ? 'every circuit has an active key'
          : `no key in use for ${keys.missing.join(', ')}`,
    },
    {
      ...{ id: 'keys-secure', area },
      promise: 'The keys come from a ceremony: nobody can forge a proof.',
      holds: !keys.isInsecure,
      found: keys.isInsecure
        ? 'these are development keys, under which anybody can forge'
        : 'alpha is not that of the development keys',
    },
    {
      ...{ id: 'roles', area },
      promise: 'Each restricted function is opened by the role that docs/governance.md names.',
      holds: wrong.length === 0 && strayed.length === 0,
      found:
        wrong.length + strayed.length === 0
          ? `${String(functions.length)} functions are as the table says`
          : [
              ...wrong.map(({ contract, name }) => `${contract}.${name} is opened by another role`),
              ...strayed.map((contract) => `${contract} is closed or has another manager`),
            ].join('; '),
    },
    {
      ...{ id: 'escrow', area },
      promise: 'The vault holds at least what it owes, in every asset (INV-1).',
      holds: short.length === 0,
      found:
        short.length === 0
          ? `${String(assets.length)} assets are covered`
          : `asset ${short.map(({ asset }) => String(asset)).join(', ')} is not covered`,
    },
  ]
}

function dataAvailability({ foreign }: RiskFacts): StatedPromise[] {
  const isOurs = !foreign.includes('rollup')
  return [
    {
      id: 'data-on-chain',
      area: 'Data availability',
      promise:
        'All data are the input of the transaction that settles them; from it anybody rebuilds every tree.',
      // What the code does, so it holds where the code is ours.
      holds: isOurs,
      found: isOurs
        ? 'settle takes the data from a plain account only (decision 0031)'
        : 'the rollup has other code',
    },
  ]
}

function exitWindow(facts: RiskFacts, exitSeconds: bigint): StatedPromise[] {
  const area = 'Exit window'
  const { members, keys, times, proposers, otherAdmins, assets, borders } = facts
  const hasty = DELAYED_ROLES.flatMap((role) =>
    members[role].filter(({ delay }) => delay <= exitSeconds).map((member) => ({ role, member })),
  )
  const delays = [
    ['a new verification key', keys.activationDelay],
    ['a new destination', times.destinationDelay],
    ['new audit keys', times.auditKeyDelay],
    ['a lower outflow limit', times.limitDelay],
    ['the return to the sequencer', proposers.closeNotice],
  ] as const
  const early = delays.filter(([, delay]) => delay <= exitSeconds)
  const limited = assets.filter(({ dailyOutflow }) => dailyOutflow !== undefined)
  return [
    {
      ...{ id: 'governance-delay', area },
      promise: `Whoever can change the rules waits longer than an exit takes (${duration(exitSeconds)}).`,
      holds: hasty.length === 0 && otherAdmins.length === 0,
      found:
        hasty.length + otherAdmins.length === 0
          ? DELAYED_ROLES.map((role) => `${role} waits ${shortest(members[role])}`).join(', ')
          : [
              ...hasty.map(
                ({ role, member }) => `a holder of ${role} waits ${duration(member.delay)} only`,
              ),
              ...otherAdmins.map((role) => `${role} is granted by others than the admin`),
            ].join('; '),
    },
    {
      ...{ id: 'timelocks', area },
      promise: 'Every change of keys and limits has a timelock longer than an exit.',
      holds: early.length === 0,
      found:
        early.length === 0
          ? delays.map(([what, delay]) => `${what} ${duration(delay)}`).join(', ')
          : early.map(([what, delay]) => `${what} takes ${duration(delay)} only`).join('; '),
    },
    {
      ...{ id: 'no-hostage', area },
      promise: 'A guardian can only stop, and a stop lapses by itself; claims go on during it.',
      holds: facts.clock.maxStop <= 7n * DAY && keys.maxStop <= 7n * DAY,
      found: `settlement ${duration(facts.clock.maxStop)} at most, with or without a key; a key ${duration(keys.maxStop)} and once`,
    },
    {
      ...{ id: 'outflow', area },
      promise:
        'No limit of payouts holds what is in the vault longer than a month, or what one account has longer than four.',
      // The contract's own floor: a 30th a day, and of that a quarter for one account.
      holds: !facts.foreign.includes('vault'),
      found: facts.foreign.includes('vault')
        ? 'the vault has other code'
        : limited.length === 0
          ? 'no asset is limited'
          : limited
              .map(
                ({ asset, dailyOutflow }) =>
                  `asset ${String(asset)}: ${String(dailyOutflow)} units a day`,
              )
              .join(', '),
    },
    {
      ...{ id: 'border', area },
      promise:
        'A screener only holds payouts to base-chain addresses that it names, each for a time; caps of a trial stop deposits and no payout.',
      holds: borders.maxListing <= 366n * DAY,
      found: `${String(borders.denialQuota)} addresses a day at most, each for ${duration(borders.maxListing)} at most; ${entrance(facts)}`,
    },
  ]
}

function entrance({ borders, assets }: RiskFacts): string {
  const { depositsUntil, isDepositByList, identityLimit } = borders
  const end = depositsUntil === undefined ? '' : formatMinute(depositsUntil)
  return [
    depositsUntil === undefined ? 'deposits have no end' : `deposits end at ${end}`,
    isDepositByList ? 'only listed addresses deposit' : 'any address deposits that is not denied',
    `${String(identityLimit)} identities at most`,
    ...assets.flatMap(({ asset, supplyCap }) =>
      supplyCap === undefined ? [] : [`asset ${String(asset)}: ${String(supplyCap)} units at most`],
    ),
  ].join(', ')
}

function sequencerFailure({ times, clock }: RiskFacts): StatedPromise[] {
  const area = 'Sequencer failure'
  const { forcedDeadline } = times
  return [
    {
      ...{ id: 'forced-inclusion', area },
      promise:
        'Anybody can queue a transfer on the base chain, which must be settled by a deadline.',
      holds: forcedDeadline > times.settleWindow,
      found: `within ${duration(forcedDeadline)}`,
    },
    {
      ...{ id: 'deposits', area },
      promise: 'A deposit is taken by its deadline, or its depositor takes it back.',
      holds: times.depositDeadline > times.settleWindow,
      found: `within ${duration(times.depositDeadline)}`,
    },
    {
      ...{ id: 'running', area },
      promise: 'Settlement runs.',
      holds: !clock.isStopped,
      found: clock.isStopped ? 'a guardian has stopped it' : 'the clock runs',
    },
  ]
}

function proposerFailure({ proposers, members }: RiskFacts): StatedPromise[] {
  const area = 'Proposer failure'
  const { breach, isOpen, livenessGap, leaseTime, coolDown, bond } = proposers
  return [
    {
      ...{ id: 'takeover', area },
      promise:
        'After a missed deadline, or silence, settlement opens by itself to anybody with a bond.',
      holds: livenessGap <= 7n * DAY && leaseTime <= DAY && coolDown >= leaseTime,
      found: `silence of ${duration(livenessGap)}; leases of ${duration(leaseTime)} for ${ether(bond)} ETH`,
    },
    {
      ...{ id: 'in-time', area },
      promise: 'Nothing is past its deadline.',
      holds: breach === 'none',
      found: breach === 'none' ? 'nothing is' : BREACHES[breach],
    },
    {
      ...{ id: 'somebody-settles', area },
      promise: 'Somebody may settle now.',
      holds: isOpen || members.sequencer.length > 0,
      found: isOpen
        ? 'settlement is open to bonded proposers'
        : members.sequencer.length > 0
          ? 'settlement is closed, and the role SEQUENCER has a holder'
          : 'settlement is closed, and nobody has the role SEQUENCER',
    },
  ]
}

const DAY = 86_400n
const BREACHES = {
  forcedTransfer: 'a forced transfer is',
  deposit: 'a deposit is',
  liveness: 'nothing was settled for too long',
} as const

function shortest(members: readonly RoleMember[]): string {
  if (members.length === 0) return 'for ever (nobody has it)'
  return duration(
    members.reduce((least, { delay }) => (delay < least ? delay : least), members[0]?.delay ?? 0n),
  )
}

/** `4 d 2 h`: whole minutes, the two largest parts. */
export function duration(seconds: bigint): string {
  const parts = [
    [seconds / DAY, 'd'],
    [(seconds % DAY) / 3_600n, 'h'],
    [(seconds % 3_600n) / 60n, 'min'],
  ] as const
  const shown = parts
    .filter(([count]) => count > 0n)
    .map(([count, unit]) => `${String(count)} ${unit}`)
  return shown.length === 0 ? `${String(seconds)} s` : shown.slice(0, 2).join(' ')
}

function ether(wei: bigint): string {
  const text = String(wei).padStart(19, '0')
  const fraction = text.slice(-18).replace(/0+$/, '')
  return `${text.slice(0, -18)}${fraction === '' ? '' : `.${fraction}`}`
}
