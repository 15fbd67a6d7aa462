import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'

const root = join(import.meta.dirname, '../..')

describe('eslint.config.js', () => {
  let eslint: ESLint
  before(() => {
    eslint = new ESLint({
      cwd: root,
      // The files linted here do not exist, so they have no types.
      overrideConfig: [
        { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
        { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
      ] as ESLint.Options['overrideConfig'] & object,
    })
  })

  async function rulesBroken(filePath: string, text: string): Promise<string[]> {
    const [result] = await eslint.lintText(text, { filePath: join(root, filePath) })
    return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message)
  }

  const RANK = 'import-x/no-restricted-paths'
  const PACKAGE = '@typescript-eslint/no-restricted-imports'
  const errors = (from: string) => `import '../${from}/errors.ts'\n`

  for (const [why, file, text, expected] of [
    ['protocol/ imports nothing of ours', 'protocol/x.ts', errors('api'), [RANK]],
    ['protocol/ imports itself', 'protocol/x.ts', `import './errors.ts'\n`, []],
    ['circuits/ import protocol/', 'circuits/x.ts', errors('protocol'), []],
    ['prover/ does not import api/, of its own rank', 'prover/x.ts', errors('api'), [RANK]],
    ['wallet/ imports prover/', 'wallet/x.ts', errors('prover'), []],
    ['regulator/ does not import wallet/', 'regulator/x.ts', errors('wallet'), [RANK]],
    [
      'wallet/ does not import deploy/',
      'wallet/x.ts',
      `import '../deploy/devnet/errors.ts'\n`,
      [RANK],
    ],
    [
      'the sequencer’s command may',
      'sequencer/cli.ts',
      `import '../deploy/devnet/errors.ts'\n`,
      [],
    ],
    ['but does not import another role', 'sequencer/cli.ts', errors('wallet'), [RANK]],
    ['deploy/ imports anything', 'deploy/x.ts', errors('wallet'), []],

    ['snarkjs in wallet/', 'wallet/x.ts', `import 'snarkjs'\n`, [PACKAGE]],
    ['snarkjs in prover/', 'prover/x.ts', `import 'snarkjs'\n`, []],
    [
      'snarkjs in wallet/, later',
      'wallet/x.ts',
      `await import('snarkjs')\n`,
      ['no-restricted-syntax'],
    ],
    ['pg in the sequencer', 'sequencer/x.ts', `import 'pg'\n`, [PACKAGE]],
    ['pg in a store', 'sequencer/store/x.ts', `import 'pg'\n`, [PACKAGE]],
    ['pg in postgres/', 'postgres/x.ts', `import 'pg'\n`, []],
    ['pg in deploy/', 'deploy/x.ts', `import 'pg'\n`, [PACKAGE]],
    ['ethers and pg in deploy/devnet/', 'deploy/devnet/x.ts', `import 'pg'\nimport 'ethers'\n`, []],
    ['a viem client in wallet/', 'wallet/x.ts', `export { http } from 'viem'\n`, [PACKAGE]],
    ['a pure viem function there', 'wallet/x.ts', `export { keccak256 } from 'viem'\n`, []],
    ['a viem client in l1/', 'l1/x.ts', `export { http } from 'viem'\n`, []],
    ['Node in protocol/', 'protocol/x.ts', `import 'node:fs'\n`, [PACKAGE]],
    ['Buffer in protocol/', 'protocol/x.ts', `Buffer.alloc(1)\n`, ['no-restricted-globals']],
  ] as const) {
    test(`${expected.length === 0 ? 'accepts' : 'rejects'}: ${why}`, async () => {
      assert.deepEqual(await rulesBroken(file, text), expected)
    })
  }
})
