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
} as const
export type RoleName = keyof typeof ROLE_IDS

/** Every restricted function and the role that opens it. */
export const RESTRICTED_FUNCTIONS: readonly {
  readonly contract: ContractName
  readonly role: Exclude<RoleName, 'admin'>
  readonly functions: readonly string[]
}[] = [
  { contract: 'rollup', role: 'sequencer', functions: ['settle'] },
  { contract: 'identityRegistry', role: 'registrar', functions: ['update', 'announceDestination'] },
  { contract: 'policyRegistry', role: 'policy', functions: ['publish'] },
  { contract: 'supervisionRegistry', role: 'supervision', functions: ['scheduleEpoch'] },
  {
    contract: 'verifierRegistry',
    role: 'governance',
    functions: ['announceKey', 'activateKey', 'retireKey'],
  },
  {
    contract: 'vault',
    role: 'governance',
    functions: ['listAsset', 'openAsset', 'setEntryFee', 'payEntryFees'],
  },
  { contract: 'verifierRegistry', role: 'guardian', functions: ['stopKey'] },
  { contract: 'clock', role: 'guardian', functions: ['stop', 'resume'] },
]
