import type { Command } from 'commander'
import { formatIdentityFile, hashAppealFile } from '../api/index.ts'
import { type AppealRecord, findAppeal } from '../l1/appeals.ts'
import { formatTime } from '../protocol/calendar.ts'
import { fileAppeal, makeAppeal, readAnswer, readAppeal } from './appeals.ts'
import {
  addCommonOptions,
  type CommonOptions,
  readAccount,
  readFileOf,
  run,
  writeFileOf,
} from './cliContext.ts'

/** `cinnabar wallet appeal`: against a freeze, or anything else that a registrar did to one's identity. */
export function registerAppeals(wallet: Command): void {
  const appeal = wallet
    .command('appeal')
    .description('Appeal against what the registrar did to your identity.')
    .addHelpText(
      'after',
      `
The text goes to the registrar and its supervisor as a file; only its salted hash goes to the base chain, with your
identity's index, which the public sees. Appealing stops nothing: until it is upheld you can leave with
\`withdraw --exit\`.

  cinnabar wallet appeal write --text-file why.txt --out appeal.json
  cinnabar wallet appeal file appeal.json --l1-key-file key.txt
  cinnabar wallet appeal show appeal.json --answer answer.json`,
    )

  addCommonOptions(appeal.command('write').description('Write and sign the appeal. Sends nothing.'))
    .requiredOption('--text-file <file>', 'why the decision is wrong, in your words')
    .requiredOption('--out <file>', 'where the appeal goes')
    .action((options: CommonOptions & { textFile: string; out: string }) =>
      run(options, async (context) => {
        const opened = await context.currentWallet()
        const written = makeAppeal(opened, readFileOf('--text-file', options.textFile).trimEnd())
        writeFileOf('--out', options.out, formatIdentityFile(written))
        const { index } = written
        context.answer({ file: options.out, index, appealHash: hashAppealFile(written) }, [
          `Written to ${options.out}.`,
          `Next: cinnabar wallet appeal file ${options.out} --l1-key-file key.txt`,
        ])
      }),
    )

  addCommonOptions(
    appeal.command('file <appeal>').description('Put the appeal on record on the base chain.'),
  )
    .option('--l1-key-file <file>', 'base-chain key that pays the gas (else CINNABAR_L1_KEY)')
    .action((file: string, options: CommonOptions & { l1KeyFile?: string }) =>
      run(options, async (context) => {
        const account = readAccount(options.l1KeyFile)
        const opened = await context.syncedWallet()
        const written = readAppeal(opened, readFileOf('<appeal>', file))
        const view = await context.view()
        const record = await fileAppeal({ wallet: opened, ...view, account }, written)
        context.answer(factsOf(record), [
          `On record since ${formatTime(record.filedAt)}, as ${record.appealHash}.`,
          `Next: give ${file} to the registrar and its supervisor.`,
        ])
      }),
    )

  addCommonOptions(
    appeal
      .command('show <appeal>')
      .description('Show what the base chain has of an appeal, and check an answer.'),
  )
    .option('--answer <file>', 'the registrar’s answer')
    .action((file: string, options: CommonOptions & { answer?: string }) =>
      run(options, async (context) => {
        const opened = await context.syncedWallet()
        const written = readAppeal(opened, readFileOf('<appeal>', file))
        const view = await context.view()
        const appealHash = hashAppealFile(written)
        const record = await findAppeal(view, { index: BigInt(written.index), appealHash })
        const answer =
          options.answer === undefined
            ? undefined
            : readAnswer({ appeal: written, record }, readFileOf('--answer', options.answer))
        context.answer(
          {
            ...(record === undefined ? { appealHash, state: 'none' } : factsOf(record)),
            ...(answer === undefined ? {} : { decision: answer.decision, text: answer.text }),
          },
          [
            ...(record === undefined
              ? ['It is not on record. Next: cinnabar wallet appeal file']
              : [`On record since ${formatTime(record.filedAt)}.`]),
            ...(record?.answeredAt === undefined
              ? []
              : [`Answered on ${formatTime(record.answeredAt)}.`]),
            ...(answer === undefined
              ? []
              : [`The answer is the one on record: ${answer.decision}.`, '', answer.text]),
          ],
        )
      }),
    )
}

function factsOf({ index, appealHash, filedAt, answeredAt, answerHash }: AppealRecord) {
  return {
    ...{ index: Number(index), appealHash, filedAt: formatTime(filedAt) },
    ...(answeredAt === undefined
      ? { state: 'filed' }
      : { state: 'answered', answeredAt: formatTime(answeredAt), answerHash }),
  }
}
