import { X509Certificate } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { say } from './options.ts'
import { AccountUnknownError } from './service/errors.ts'
import { type Credential, type Role, roles } from './store/account.ts'
import { changeAccount } from './store/changeAccount.ts'
import { disableAccount } from './store/disableAccount.ts'
import { insertAccount } from './store/insertAccount.ts'
import { listAccounts } from './store/listAccounts.ts'
import {
  type OnStore,
  readText,
  recorded,
  type StoreOptions,
  withStore,
} from './supervisionOptions.ts'

/** `cinnabar regulator account`. */
export function registerAccounts(regulator: Command, onStore: OnStore): void {
  const account = regulator.command('account').description('Who may use the supervisory service.')
  withStore(account.command('add'))
    .description('Add a person with roles and what proves who they are.')
    .argument('<id>', 'name in the log, e.g. li.wei')
    .addOption(
      new Option('--role <role...>', 'what they may do').choices(roles).makeOptionMandatory(),
    )
    .option('--certificate <file>', 'their client certificate, PEM')
    .option('--oidc <issuer subject...>', 'their issuer and subject, two words')
    .action(
      async (
        id: string,
        options: StoreOptions & { role: Role[]; certificate?: string; oidc?: string[] },
      ) => {
        const credentials = await credentialsOf(options)
        if (credentials.length === 0) {
          throw new InvalidArgumentError(
            'Give --certificate or --oidc: an account without is nobody.',
          )
        }
        await onStore(options, (database) =>
          recorded(database, 'ACCOUNT_ADDED', { id, roles: options.role.join(' ') }, (connection) =>
            insertAccount(connection, { id, roles: options.role, credentials }),
          ),
        )
        say(`${id} may act as ${options.role.join(', ')}.`)
      },
    )
  withStore(account.command('change'))
    .description(
      'Give a person other roles, or a new certificate. What is given takes the place of all of before.',
    )
    .argument('<id>', 'name in the log')
    .addOption(new Option('--role <role...>', 'what they may do from now on').choices(roles))
    .option('--certificate <file>', 'their new client certificate, PEM')
    .option('--oidc <issuer subject...>', 'their issuer and subject, two words')
    .action(
      async (
        id: string,
        options: StoreOptions & { role?: Role[]; certificate?: string; oidc?: string[] },
      ) => {
        const credentials = await credentialsOf(options)
        const change = {
          ...(options.role === undefined ? {} : { roles: options.role }),
          ...(credentials.length === 0 ? {} : { credentials }),
        }
        if (Object.keys(change).length === 0) {
          throw new InvalidArgumentError('Give --role, --certificate or --oidc.')
        }
        const facts = {
          ...{ id, roles: options.role?.join(' ') ?? 'as before' },
          credentials: credentials.length === 0 ? 'as before' : 'new',
        }
        await onStore(options, (database) =>
          recorded(database, 'ACCOUNT_CHANGED', facts, async (connection) => {
            if (!(await changeAccount(connection, { id, ...change }))) {
              throw new AccountUnknownError()
            }
          }),
        )
        say(`${id} was changed.`)
      },
    )
  withStore(account.command('disable'))
    .description('Let a person in no longer; the log keeps their name.')
    .argument('<id>', 'name in the log')
    .action((id: string, options: StoreOptions) =>
      onStore(options, (database) =>
        recorded(database, 'ACCOUNT_DISABLED', { id }, async (connection) => {
          if (!(await disableAccount(connection, id))) throw new AccountUnknownError()
        }),
      ),
    )
  withStore(account.command('list'))
    .description('Show all accounts.')
    .action((options: StoreOptions) =>
      onStore(options, async (database) => {
        console.log(JSON.stringify(await listAccounts(database), null, 2))
      }),
    )
}

async function credentialsOf(options: {
  certificate?: string
  oidc?: string[]
}): Promise<Credential[]> {
  const credentials: Credential[] = []
  if (options.certificate !== undefined) {
    const { fingerprint256 } = new X509Certificate(await readText(options.certificate))
    const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase()
    credentials.push({ kind: 'certificate', fingerprint })
  }
  if (options.oidc !== undefined) {
    const [issuer, subject] = options.oidc
    if (issuer === undefined || subject === undefined) {
      throw new InvalidArgumentError('Write --oidc ISSUER SUBJECT.')
    }
    credentials.push({ kind: 'oidc', issuer, subject })
  }
  return credentials
}
