import { type Command, Option } from 'commander'
import { privateKeyToAccount } from 'viem/accounts'
import { readDeployment } from '../l1/deployment.ts'
import { say } from './options.ts'
import { BackTest } from './rules/backTest.ts'
import { defaultRules, type RuleProfile, ruleProfiles } from './rules/defaults.ts'
import { readRulesDocument } from './rules/document.ts'
import { readSignedRules, signRules } from './rules/signedRules.ts'
import { runBackTest } from './service/handlers.ts'
import { insertRules } from './store/insertRules.ts'
import {
  address,
  bigNumber,
  isoDay,
  type OnStore,
  readJson,
  readL1Key,
  recorded,
  type StoreOptions,
  wholeNumber,
  withStore,
} from './supervisionOptions.ts'

/** `cinnabar regulator rules`. */
export function registerRules(regulator: Command, onStore: OnStore): void {
  const rules = regulator.command('rules').description('Versions of the rules over records.')
  rules
    .command('draft')
    .description('Write a first document of rules from a profile, to be edited and signed.')
    .requiredOption('--deployment <file>', 'deployment file')
    .addOption(
      new Option('--profile <name>', 'whose statutory lines')
        .choices(ruleProfiles)
        .makeOptionMandatory(),
    )
    .requiredOption('--asset <number>', 'asset', wholeNumber)
    .requiredOption(
      '--units-per-whole <number>',
      'protocol units of one yuan, dollar or euro',
      bigNumber,
    )
    .option('--rules-version <number>', 'version', wholeNumber, 1)
    .action(
      async (options: {
        deployment: string
        profile: RuleProfile
        asset: number
        unitsPerWhole: bigint
        rulesVersion: number
      }) => {
        const { chainId, rollup } = await readDeployment(options.deployment)
        const { rules: thresholds, remark } = defaultRules(options.profile, options.unitsPerWhole)
        const document = readRulesDocument({
          ...{ type: 'cinnabar.rules', format: 1, version: options.rulesVersion, remark },
          ...{ chainId: String(chainId), rollup: rollup.toLowerCase() },
          assets: { [options.asset]: thresholds },
        })
        console.log(JSON.stringify(document, null, 2))
        say('Next: edit it, then `cinnabar regulator rules sign FILE`.')
      },
    )
  rules
    .command('sign')
    .description('Sign a document of rules with an Ethereum key.')
    .argument('<file>', 'document of rules')
    .option('--key-file <file>', 'signer’s key (else CINNABAR_REGULATOR_L1_KEY)')
    .action(async (file: string, options: { keyFile?: string }) => {
      const account = privateKeyToAccount(await readL1Key(options.keyFile))
      console.log(JSON.stringify(await signRules(await readJson(file), account), null, 2))
    })
  withStore(rules.command('accept'))
    .description('Make a signed, newer version the one that holds.')
    .argument('<file>', 'signed document of rules')
    .requiredOption('--deployment <file>', 'deployment file')
    .requiredOption('--rules-signer <address...>', 'whose signature makes rules acceptable')
    .action(
      async (
        file: string,
        options: StoreOptions & { deployment: string; rulesSigner: string[] },
      ) => {
        const { chainId, rollup } = await readDeployment(options.deployment)
        const trusted = options.rulesSigner.map(address)
        const signed = await readSignedRules(await readJson(file), { chainId, rollup, trusted })
        const { version } = signed.document
        await onStore(options, (database) =>
          recorded(database, 'RULES_ACCEPTED', { version, signer: signed.signer }, (connection) =>
            insertRules(connection, signed),
          ),
        )
        say(`Version ${String(version)} holds from the next batch on.`)
      },
    )
  withStore(rules.command('backtest'))
    .description('Say what a version of the rules would have found in the stored records.')
    .argument('<file>', 'document of rules, signed or not')
    .requiredOption('--from <day>', 'first day, e.g. 2026-11-01', isoDay)
    .requiredOption('--to <day>', 'last day', isoDay)
    .action(
      async (
        file: string,
        { from, to, ...options }: StoreOptions & { from: bigint; to: bigint },
      ) => {
        const value = await readJson(file)
        const isSigned = typeof value === 'object' && value !== null && 'document' in value
        const test = new BackTest(readRulesDocument(isSigned ? value.document : value))
        await onStore(options, async (database) => {
          const most = Number.MAX_SAFE_INTEGER
          await runBackTest(database, test, { fromDay: from, toDay: to, most })
          await recorded(database, 'BACK_TEST_RUN', { fromDay: String(from), toDay: String(to) })
        })
        console.log(JSON.stringify(test.summary(), null, 2))
      },
    )
}
