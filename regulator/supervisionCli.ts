import type { Command } from 'commander'
import type { JSONWebKeySet } from 'jose'
import { contractOf } from '../l1/bindings.ts'
import { registerAccounts } from './accountsCli.ts'
import { Indexer } from './indexing/indexer.ts'
import { registerLog } from './logCli.ts'
import { type Connection, connect, openAuditKeys, say } from './options.ts'
import { formatDay } from './report.ts'
import { registerRules } from './rulesCli.ts'
import type { OidcSettings } from './service/authenticate.ts'
import type { Database } from './store/database.ts'
import {
  address,
  anchoring,
  type ChainOptions,
  onStoreOf,
  readJson,
  readText,
  type RegulatorCliHost,
  type StoreOptions,
  untilStopped,
  wholeNumber,
  withChain,
  withKeys,
  withStore,
} from './supervisionOptions.ts'

type IndexOptions = StoreOptions &
  ChainOptions & {
    statisticsKey: string[]
    passphraseFile?: string
    confirmations: number
    once?: true
  }
type ServeOptions = StoreOptions &
  ChainOptions & {
    tlsKey: string
    tlsCertificate: string
    clientAuthority?: string
    oidcIssuer?: string
    oidcAudience: string
    oidcJwks?: string
    rulesSigner: string[]
    statisticsKey: string[]
    passphraseFile?: string
    confirmations: number
    host: string
    port: number
    l1KeyFile?: string
    anchor?: true
    dir: string
    logLevel: string
  }

/** Adds the commands of the supervisor's own store to `cinnabar regulator`. */
export function registerSupervision(regulator: Command, host: RegulatorCliHost): void {
  const onStore = onStoreOf(host)
  withKeys(withChain(withStore(regulator.command('index'))))
    .description('Follow the settled chain into the supervisor’s store, and run the rules.')
    .option('--once', 'stop when everything was read')
    .addHelpText(
      'after',
      `
Only settled data is read. Each epoch has a key S of its own: repeat --statistics-key. Epochs whose key is missing are
named; their records are kept sealed, and opened by a later start that has it. The opened records are not encrypted in the database: encrypt its disk.`,
    )
    .action((options: IndexOptions) =>
      onStore(options, async (database) => {
        const indexer = await anIndexer(database, await connect(options), options)
        if (options.once === true) {
          await indexer.catchUp()
          return
        }
        indexer.start()
        say('Indexing. Press Ctrl-C to stop.')
        await untilStopped()
        await indexer.stop()
      }),
    )

  withKeys(withChain(withStore(regulator.command('serve'))))
    .description('Serve statistics, alerts, rules and the log to authenticated supervisors.')
    .requiredOption('--tls-key <file>', 'the service’s private key, PEM')
    .requiredOption('--tls-certificate <file>', 'the service’s certificate, PEM')
    .option('--client-authority <file>', 'authorities of client certificates, PEM')
    .option('--oidc-issuer <url>', 'identity provider')
    .option(
      '--oidc-audience <name>',
      'this service, as the provider knows it',
      'cinnabar-supervision',
    )
    .option('--oidc-jwks <url or file>', 'the provider’s keys')
    .option('--rules-signer <address...>', 'whose signature makes rules acceptable', [])
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', wholeNumber, 8443)
    .option('--anchor', 'anchor the log’s head on the base chain once a day')
    .option('--l1-key-file <file>', 'officer’s base-chain key (else CINNABAR_REGULATOR_L1_KEY)')
    .option('--dir <dir>', 'where sent transactions are kept', '.cinnabar')
    .option('--log-level <level>', 'fatal, error, warn, info, debug or silent', 'info')
    .addHelpText(
      'after',
      `
Somebody is an account by a client certificate, or a bearer token (OIDC); roles are the account's. With
--statistics-key the process indexes too, which an embedded Postgres needs: it has one process at a time.`,
    )
    .action((options: ServeOptions) =>
      onStore(options, async (database) => {
        const connection = await connect(options)
        const anchor =
          options.anchor === true ? await anchoring(database, connection, options) : undefined
        const indexer =
          options.statisticsKey.length === 0
            ? undefined
            : await anIndexer(database, connection, options)
        const oidc = await oidcSettings(options)
        // Loaded where it is needed: no other command waits for a web server's modules.
        const { serve } = await import('./service/serve.ts')
        const service = await serve({
          database,
          tls: {
            key: await readText(options.tlsKey),
            certificate: await readText(options.tlsCertificate),
            ...(options.clientAuthority === undefined
              ? {}
              : { clientAuthority: await readText(options.clientAuthority) }),
          },
          ...(oidc === undefined ? {} : { oidc }),
          ...{ host: options.host, port: options.port, deployment: connection.deployment },
          rulesSigners: options.rulesSigner.map(address),
          isOrderFiled: (order) => isOrderFiled(connection, order),
          ...(anchor === undefined ? {} : { anchor }),
          logger: options.logLevel === 'silent' ? false : { level: options.logLevel },
        })
        indexer?.start()
        console.log(`The supervisory service listens on ${service.url}.`)
        await untilStopped()
        await indexer?.stop()
        await service.stop()
      }),
    )

  registerRules(regulator, onStore)
  registerAccounts(regulator, onStore)
  registerLog(regulator, onStore)
}

async function anIndexer(
  database: Database,
  { reader, deployment }: Connection,
  options: { statisticsKey: string[]; passphraseFile?: string; confirmations: number },
): Promise<Indexer> {
  const indexer = new Indexer({
    ...{ database, reader, deployment },
    keys: await openAuditKeys('statistics', options.statisticsKey, options),
    confirmations: BigInt(options.confirmations),
    onProgress: (event, facts) => say(`${event} ${JSON.stringify(facts)}`),
    onKeyMissing: ({ epoch, startDay, sealed }) =>
      say(
        `The key S of epoch ${String(epoch)} (from ${formatDay(startDay)}) was not given: ${String(sealed)} records wait sealed. ` +
          'None is lost; start again with its file as a further --statistics-key.',
      ),
    onError: (error) =>
      say(`indexing failed: ${error instanceof Error ? error.message : 'unknown'}`),
  })
  await indexer.prepare()
  return indexer
}

/** Orders are numbered from 1. */
async function isOrderFiled({ client, deployment }: Connection, order: bigint): Promise<boolean> {
  const contract = contractOf(deployment, 'disclosureLog')
  const count = await client.readContract({ ...contract, functionName: 'orderCount' })
  return order >= 1n && order <= count
}

async function oidcSettings(options: ServeOptions): Promise<OidcSettings | undefined> {
  const { oidcIssuer: issuer, oidcAudience: audience, oidcJwks } = options
  if (issuer === undefined || oidcJwks === undefined) return undefined
  const isUrl = /^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(oidcJwks)
  const jwks = isUrl ? new URL(oidcJwks) : ((await readJson(oidcJwks)) as JSONWebKeySet)
  return { issuer, audience, jwks }
}
