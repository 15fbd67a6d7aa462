import type { ContractName } from '../../l1/deployment.ts'

/** Roles of the access manager. `admin` is its own role 0, which grants the others. */
export const ROLE_IDS = {
  admin: 0n,
  sequencer: 1n,
  registrar: 2n,
  policy: 3n,
  supervision: 4n,
  governance: 5n,
  guardian: 6n,
  /** Files orders and executes them. An order's filer, reviewer and judge are three accounts, whoever has which role. */
  officer: 7n,
  reviewer: 8n,
  judge: 9n,
  /** Keeps the list of base-chain addresses that may not deposit or be paid. */
  screener: 10n,
} as const
export type RoleName = keyof typeof ROLE_IDS

/** Every restricted function and the role that opens it. */
export const RESTRICTED_FUNCTIONS: readonly {
  readonly contract: ContractName
  readonly role: Exclude<RoleName, 'admin'>
  readonly functions: readonly string[]
}[] = [
  { contract: 'rollup', role: 'sequencer', functions: ['settle'] },
  {
    contract: 'identityRegistry',
    role: 'registrar',
    functions: ['update', 'announceDestination', 'answerAppeal'],
  },
  { contract: 'identityRegistry', role: 'governance', functions: ['setRegistrar'] },
  { contract: 'policyRegistry', role: 'policy', functions: ['publish'] },
  { contract: 'supervisionRegistry', role: 'supervision', functions: ['scheduleEpoch'] },
  {
    contract: 'disclosureLog',
    role: 'officer',
    functions: ['file', 'announceOpenings', 'disclose', 'unseal', 'close', 'anchorLog'],
  },
  {
    contract: 'disclosureLog',
    role: 'reviewer',
    functions: ['approveAsReviewer', 'rejectAsReviewer'],
  },
  {
    contract: 'disclosureLog',
    role: 'judge',
    functions: ['approveAsJudge', 'rejectAsJudge'],
  },
  {
    contract: 'verifierRegistry',
    role: 'governance',
    functions: ['announceKey', 'activateKey', 'retireKey'],
  },
  {
    contract: 'vault',
    role: 'governance',
    functions: [
      'listAsset',
      'openAsset',
      'setSupplyCap',
      'setOutflowLimit',
      'setEntryFee',
      'payEntryFees',
    ],
  },
  { contract: 'proposers', role: 'governance', functions: ['announceClosing', 'cancelClosing'] },
  {
    contract: 'forcedQueue',
    role: 'governance',
    functions: ['setBaseEntryFee', 'payEntryFees'],
  },
  { contract: 'screening', role: 'screener', functions: ['deny', 'allow', 'remove'] },
  { contract: 'verifierRegistry', role: 'guardian', functions: ['stopKey'] },
  { contract: 'clock', role: 'guardian', functions: ['stop', 'resume'] },
]
