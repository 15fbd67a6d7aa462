import { defineConfig } from 'eslint/config'
import { createNodeResolver, importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/** Folders by rank: imports point to lower ranks only, and never from one folder of a rank to another. */
const ranks = [
  ['protocol', 'files'],
  ['circuits', 'contracts'],
  ['prover', 'l1', 'api', 'postgres'],
  ['sequencer', 'wallet', 'regulator'],
]
/** These put the others together and may import anything. */
const composers = ['cli', 'web', 'deploy', 'bench', 'demo', 'scripts', 'test']
/** The commands of a role also put together: they may start, say, a development database. */
const roleCommands = ['{sequencer,wallet,regulator}/{cli,registrarCli}.ts']

const rankConfigs = ranks.flatMap((folders, rank) =>
  folders.map((folder) => {
    const allowed = [folder, ...ranks.slice(0, rank).flat()]
    const forbidden = [...ranks.flat(), ...composers].filter((other) => !allowed.includes(other))
    return restrictPaths([`${folder}/**/*.ts`], folder, forbidden)
  }),
)
const roles = ranks.at(-1)
const roleCommandConfigs = roles.map((role) =>
  restrictPaths(
    roleCommands.map((glob) => glob.replace('{sequencer,wallet,regulator}', role)),
    role,
    roles.filter((other) => other !== role),
  ),
)

function restrictPaths(files, target, forbidden) {
  const zones = forbidden.map((from) => ({
    target: `./${target}`,
    from: `./${from}`,
    message: `${target}/ is not above ${from}/ in rank.`,
  }))
  return { files, rules: { 'import-x/no-restricted-paths': ['error', { zones }] } }
}

/** Packages that only some folders may use, so that what they touch stays in one place. */
const reservedPackages = [
  {
    name: 'snarkjs',
    folders: ['prover', 'test'],
    message: 'Only prover/ makes and checks proofs.',
  },
  {
    name: 'pg',
    folders: ['postgres', 'deploy/devnet', 'test'],
    message: 'Only postgres/ opens connections to a database; stores speak SQL through it.',
  },
  {
    name: 'pg-boss',
    folders: ['prover/farm/store', 'test'],
    message: 'Only the farm’s store speaks to the queue.',
  },
  {
    name: 'ethers',
    folders: ['deploy', 'bench', 'test'],
    message: 'Only l1/ talks to the base chain, by viem; ethers is for deployment.',
  },
  {
    name: 'viem',
    importNames: [
      ...['createClient', 'createPublicClient', 'createTestClient', 'createWalletClient'],
      ...['fallback', 'http', 'webSocket', 'custom', 'getContract'],
    ],
    folders: ['l1', 'test'],
    message: 'Only l1/ talks to the base chain; viem’s pure functions are free for all.',
  },
]

/** One config per folder, since a later `no-restricted-imports` replaces an earlier one. */
const packageConfigs = [
  restrictPackages('**/*.ts', ''),
  // Sorted, so that a folder's config stands before, and yields to, those of the folders in it.
  ...[...new Set(reservedPackages.flatMap(({ folders }) => folders))]
    .sort()
    .map((folder) => restrictPackages(`${folder}/**/*.ts`, folder)),
  restrictPackages('protocol/**/*.ts', 'protocol', [
    {
      regex: '^node:',
      message: 'protocol/ runs in a browser too and has no input or output.',
    },
  ]),
]

function restrictPackages(glob, folder, patterns = []) {
  const isIn = (parent) => folder === parent || folder.startsWith(`${parent}/`)
  const reserved = reservedPackages.filter(({ folders }) => !folders.some(isIn))
  const whole = reserved.filter(({ importNames }) => importNames === undefined)
  return {
    files: [glob],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: reserved.map(({ folders: _folders, ...path }) => path),
          patterns,
        },
      ],
      'no-restricted-syntax': [
        'error',
        ...whole.map(({ name, message }) => ({
          selector: `ImportExpression[source.value="${name}"]`,
          message,
        })),
      ],
    },
  }
}

/** Of ESLint's own rules those that find mistakes no compiler finds. */
const mistakes = {
  eqeqeq: 'error',
  'no-cond-assign': 'error',
  'no-constant-binary-expression': 'error',
  'no-debugger': 'error',
  'no-dupe-else-if': 'error',
  'no-duplicate-case': 'error',
  'no-empty': 'error',
  'no-fallthrough': 'error',
  'no-irregular-whitespace': 'error',
  'no-loss-of-precision': 'error',
  'no-misleading-character-class': 'error',
  'no-self-assign': 'error',
  'no-self-compare': 'error',
  'no-sparse-arrays': 'error',
  'no-template-curly-in-string': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unreachable-loop': 'error',
  'no-unsafe-finally': 'error',
  'no-useless-escape': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'use-isnan': 'error',
}

export default defineConfig(
  {
    ignores: ['node_modules/', 'artifacts/', 'cache/', '.cinnabar/', 'build/', '**/*.d.ts'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { rules: mistakes },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })],
    },
    rules: {
      // Names beginning with _ are there for their position only.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // An arrow that hands on a call's nothing is read at a glance.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // An interface may ask for a promise where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // A check that the types make superfluous may guard what came from outside under that type.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-this-alias': 'off',
      // Under noUncheckedIndexedAccess, `!` on an index that was just counted is clearer than a throw
      // that cannot happen; a review asks for the reason, as it does for every cast.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'describe', 'it', 'suite', 'before', 'after'],
            },
          ],
        },
      ],
    },
  },
  ...rankConfigs,
  { files: roleCommands, rules: { 'import-x/no-restricted-paths': 'off' } },
  ...roleCommandConfigs,
  ...packageConfigs,
  {
    files: ['protocol/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'Buffer', 'process', '__dirname', '__filename'],
    },
  },
  {
    // A test reads what others wrote (JSON, rows, witnesses) and asserts what it is: that is its check.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
      },
    },
    rules: {
      'no-undef': 'error',
      'no-unused-vars': ['error', { varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
)
