import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)
const root = join(import.meta.dirname, '..')

/** Contracts that are talked to: constant in `l1/abi/<name>.ts` → source. */
const CONTRACTS = {
  accessManager: 'contracts/Authority.sol:Authority',
  clock: 'contracts/Clock.sol:Clock',
  disclosureLog: 'contracts/DisclosureLog.sol:DisclosureLog',
  erc20Errors: '@openzeppelin/contracts/interfaces/draft-IERC6093.sol:IERC20Errors',
  erc20: '@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol:IERC20Metadata',
  forcedQueue: 'contracts/ForcedQueue.sol:ForcedQueue',
  identityRegistry: 'contracts/IdentityRegistry.sol:IdentityRegistry',
  operatorBond: 'contracts/OperatorBond.sol:OperatorBond',
  policyRegistry: 'contracts/PolicyRegistry.sol:PolicyRegistry',
  proposers: 'contracts/Proposers.sol:Proposers',
  rollup: 'contracts/Rollup.sol:Rollup',
  screening: 'contracts/Screening.sol:Screening',
  supervisionRegistry: 'contracts/SupervisionRegistry.sol:SupervisionRegistry',
  vault: 'contracts/Vault.sol:Vault',
  verifierRegistry: 'contracts/VerifierRegistry.sol:VerifierRegistry',
} as const

type AbiParameter = {
  name: string
  type: string
  indexed?: boolean
  components?: AbiParameter[]
}
type AbiEntry = {
  type: string
  name?: string
  inputs?: AbiParameter[]
  outputs?: AbiParameter[]
  stateMutability?: string
}
type CompilerOutput = {
  errors?: { severity: string; formattedMessage: string }[]
  contracts: Record<string, Record<string, { abi: AbiEntry[] }>>
}
type Compiler = {
  compile(input: string, callbacks: { import: (path: string) => object }): string
}

/**
 * The ABI of every contract that is talked to, as a typed constant. Compiled here, for the ABI only
 * (about a second), so that it never depends on what an earlier build left behind.
 */
export function generate(): Promise<Map<string, string>> {
  const files = Object.values(CONTRACTS).map((source) => source.split(':')[0] ?? '')
  const sources = Object.fromEntries(files.map((path) => [path, { content: read(path) }]))
  // Loaded here and not above: it takes half a second that nobody else should pay.
  const solc = require('solc') as Compiler
  const input = {
    language: 'Solidity',
    sources,
    settings: { outputSelection: { '*': { '*': ['abi'] } } },
  }
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), { import: (path) => ({ contents: read(path) }) }),
  ) as CompilerOutput
  const failures = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (failures.length > 0) {
    throw new Error(failures.map(({ formattedMessage }) => formattedMessage).join('\n'))
  }
  return Promise.resolve(
    new Map(
      Object.entries(CONTRACTS).map(([name, source]) => {
        const [path = '', contract = ''] = source.split(':')
        const abi = (output.contracts[path]?.[contract]?.abi ?? [])
          .filter(({ type }) => type !== 'constructor')
          .map(withoutNoise)
        return [`l1/abi/${name}.ts`, moduleOf(name, path, abi)]
      }),
    ),
  )
}

function moduleOf(name: string, path: string, abi: AbiEntry[]): string {
  return [
    `// Generated from ${path} by \`npm run generate\`. Do not edit.`,
    `export const ${name}Abi = ${JSON.stringify(abi, null, 2)} as const`,
    '',
  ].join('\n')
}

/** Internal types are of use to no reader, and constructors are the deployment's business. */
function withoutNoise({ type, name, inputs, outputs, stateMutability }: AbiEntry): AbiEntry {
  return {
    type,
    ...(name === undefined ? {} : { name }),
    ...(inputs === undefined ? {} : { inputs: inputs.map(parameter) }),
    ...(outputs === undefined ? {} : { outputs: outputs.map(parameter) }),
    ...(stateMutability === undefined ? {} : { stateMutability }),
  }
}

function parameter({ name, type, indexed, components }: AbiParameter): AbiParameter {
  return {
    name,
    type,
    ...(indexed === undefined ? {} : { indexed }),
    ...(components === undefined ? {} : { components: components.map(parameter) }),
  }
}

/** A source by its path from the root, or from node_modules where it is a package's. */
function read(path: string): string {
  const own = join(root, path)
  return readFileSync(existsSync(own) ? own : join(root, 'node_modules', path), 'utf8')
}
