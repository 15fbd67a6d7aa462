import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { Value } from '@sinclair/typebox/value'
import { readDeployment } from '../l1/deployment.ts'
import { FileUnreadableError } from './errors.ts'
import { connect, readPassphrase, say } from './options.ts'
import { createSealedFile, openSealedFile } from './sealedFile.ts'
import { type ChainOptions, readJson, withChain } from './supervisionOptions.ts'
import {
  generateInstitution,
  InstitutionKeys,
  type InstitutionSecrets,
  openTravelRule,
  publicKeysOf,
  sealTravelRule,
  verifyTravelRule,
} from './travelRule/envelope.ts'
import { findStatement } from './travelRule/findStatement.ts'

type KeyOptions = { key: string; passphraseFile?: string }

/** `cinnabar regulator travel-rule`: data about the people behind a transfer, from institution to institution. */
export function registerTravelRule(regulator: Command): void {
  const travelRule = regulator
    .command('travel-rule')
    .description('IVMS101 data between institutions, sealed and bound to a transfer.')
  const withKey = (command: Command): Command =>
    command
      .requiredOption('--key <file>', 'this institution’s sealed key')
      .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')

  travelRule
    .command('keygen')
    .description('Make an institution’s keys; print the public ones for its counterparties.')
    .requiredOption('--out <file>', 'where the sealed key goes')
    .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')
    .action(async (options: { out: string; passphraseFile?: string }) => {
      const secrets = generateInstitution()
      await createSealedFile(options.out, await readPassphrase(options.passphraseFile), secrets)
      console.log(JSON.stringify(publicKeysOf(secrets)))
    })

  withKey(travelRule.command('seal'))
    .description('Seal IVMS101 data to the receiving institution.')
    .argument('<file>', 'IVMS101 data, JSON')
    .requiredOption('--deployment <file>', 'deployment file')
    .requiredOption('--statement <id>', 'the transfer: its statement id')
    .requiredOption('--recipient <file>', 'public keys of the receiving institution')
    .requiredOption('--out <file>', 'where the message goes')
    .action(
      async (
        file: string,
        options: KeyOptions & {
          deployment: string
          statement: string
          recipient: string
          out: string
        },
      ) => {
        const { domain } = await readDeployment(options.deployment)
        const message = sealTravelRule(await openKey(options), {
          ...{ domain, statementId: options.statement.toLowerCase(), today: today() },
          ...{ recipient: await readKeys(options.recipient), data: await readJson(file) },
        })
        await writeFile(options.out, `${JSON.stringify(message, null, 2)}\n`, { mode: 0o600 })
        say('Sealed. Send it to the receiving institution; nobody else can read it.')
      },
    )

  withKey(withChain(travelRule.command('open')))
    .description('Check a message, find its transfer on the base chain, and show what it says.')
    .argument('<file>', 'message')
    .requiredOption('--sender <file>', 'public keys of the sending institution')
    .action(async (file: string, options: KeyOptions & ChainOptions & { sender: string }) => {
      const { deployment, reader } = await connect(options)
      const sender = await readKeys(options.sender)
      const { statementId, data } = openTravelRule(await openKey(options), await readJson(file), {
        ...{ sender, domain: deployment.domain, today: today() },
      })
      const fromBlock = deployment.startBlock
      reportStatement(await findStatement(reader, { fromBlock, statementId }))
      console.log(JSON.stringify(data, null, 2))
    })

  withChain(travelRule.command('verify'))
    .description('Check a message’s sender and transfer without being able to read it.')
    .argument('<file>', 'message')
    .requiredOption('--sender <file>', 'public keys of the sending institution')
    .action(async (file: string, options: ChainOptions & { sender: string }) => {
      const { deployment, reader } = await connect(options)
      const { domain, startBlock: fromBlock } = deployment
      const sender = await readKeys(options.sender)
      const { statementId } = verifyTravelRule(await readJson(file), { sender, domain })
      reportStatement(await findStatement(reader, { fromBlock, statementId }))
      console.log(JSON.stringify({ statementId }))
    })
}

function reportStatement(found: Awaited<ReturnType<typeof findStatement>>): void {
  if (found === undefined) {
    say('Its transfer is not settled on the base chain.')
    process.exitCode = 2
    return
  }
  const { batchNumber, slot, transactionHash } = found
  say(
    `Its transfer is settled: batch ${String(batchNumber)}, slot ${String(slot)}, ${transactionHash}.`,
  )
}

async function openKey({ key, passphraseFile }: KeyOptions): Promise<InstitutionSecrets> {
  const file = await openSealedFile<InstitutionSecrets>(key, await readPassphrase(passphraseFile))
  return file.value
}

async function readKeys(path: string): Promise<InstitutionKeys> {
  const value = await readJson(path)
  if (Value.Check(InstitutionKeys, value)) return value
  throw new FileUnreadableError({ path, reason: 'it holds no public keys of an institution' })
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}
