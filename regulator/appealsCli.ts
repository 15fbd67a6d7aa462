import { randomBytes } from 'node:crypto'
import { type Command, Option } from 'commander'
import { hashAppealFile } from '../api/appeals.ts'
import {
  type AppealAnswer,
  type AppealDecision,
  appealDecisions,
  formatIdentityFile,
  parseIdentityFile,
} from '../api/identityFiles.ts'
import { answerAppealCall, findAppeal, readAppeals } from '../l1/appeals.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import { checkAppeal, makeAppealAnswer } from './appeals.ts'
import { AppealRefusedError } from './errors.ts'
import { formatTime } from '../protocol/calendar.ts'
import { connect, say } from './options.ts'
import {
  type ChainOptions,
  type CommonOptions,
  openSender,
  openState,
  readIfThere,
  readText,
} from './registrarOptions.ts'
import { replaceFile } from '../files/replaceFile.ts'

type AnswerOptions = ChainOptions & { decision: AppealDecision; textFile: string; out: string }

/** `cinnabar registrar appeals`: who appeals, and answers that stand on the base chain. */
export function registerAppeals(
  registrar: Command,
  {
    withState,
    withChain,
  }: { withState: (command: Command) => Command; withChain: (command: Command) => Command },
): void {
  const appeals = registrar
    .command('appeals')
    .description("Appeals against this registrar's decisions: list and answer them.")

  withState(appeals.command('list'))
    .description('Show the appeals on record, the open ones first.')
    .requiredOption('--rpc <url>', 'node of the base chain')
    .requiredOption('--deployment <file>', 'deployment file')
    .option('--json', 'machine-readable answer')
    .action(async (options: CommonOptions & { rpc: string; deployment: string; json?: true }) => {
      const { entries } = (await openState(options)).value
      const records = await readAppeals(await connect(options))
      const rows = records
        .filter(({ index }) => entries.some((entry) => BigInt(entry.index) === index))
        .sort((one, other) => Number(isAnswered(one)) - Number(isAnswered(other)))
        .map((record) => ({
          index: Number(record.index),
          reference: entries.find(({ index }) => BigInt(index) === record.index)?.reference ?? '',
          state: isAnswered(record) ? 'answered' : 'filed',
          filedAt: formatTime(record.filedAt),
          appealHash: record.appealHash,
        }))
      if (options.json === true) console.log(JSON.stringify(rows))
      else if (rows.length === 0) say('No appeal is on record against this registrar.')
      else console.table(rows)
    })

  withChain(appeals.command('answer <appeal>'))
    .description('Answer an appeal from its file; the hash of the answer goes on the base chain.')
    .addOption(
      new Option('--decision <decision>', 'what comes of it')
        .choices(appealDecisions)
        .makeOptionMandatory(),
    )
    .requiredOption('--text-file <file>', 'the reasons, for the person')
    .requiredOption('--out <file>', 'where the answer to the person goes')
    .action((file: string, options: AnswerOptions) => answer(file, options))
}

/** The answer is kept before its hash is sent: one whose text is lost could be shown by nobody. */
async function answer(path: string, options: AnswerOptions): Promise<void> {
  const state = await openState(options)
  const appeal = parseIdentityFile('cinnabar.appeal', await readText(path))
  const { index } = appeal
  checkAppeal(state.value, appeal)
  const view = await connect(options)
  const appealHash = hashAppealFile(appeal)
  const record = await findAppeal(view, { index: BigInt(index), appealHash })
  if (record === undefined) {
    throw new AppealRefusedError({ index, reason: 'its hash is not on the base chain' })
  }
  const text = (await readText(options.textFile)).trimEnd()
  const kept = await keptAnswer(options.out)
  const isSame =
    kept?.appeal === appealHash && kept.decision === options.decision && kept.text === text
  if (kept !== undefined && !isSame) {
    throw new AppealRefusedError({ index, reason: `${options.out} holds another answer` })
  }
  const made =
    kept ??
    makeAppealAnswer(appeal, {
      ...{ decision: options.decision, text },
      randomBytes: (length) => randomBytes(length),
    })
  const answerHash = hashAppealFile(made)
  if (isAnswered(record) && record.answerHash !== answerHash) {
    throw new AppealRefusedError({ index, reason: 'it was answered before' })
  }
  if (kept === undefined) replaceFile(options.out, formatIdentityFile(made))
  if (!isAnswered(record)) {
    const { client, deployment } = view
    await submitTransaction({
      client,
      ...(await openSender(options)),
      chainId: deployment.chainId,
      purpose: `answer ${appealHash} ${answerHash}`,
      ...answerAppealCall(deployment, { index: BigInt(index), appealHash, answerHash }),
    })
  }
  if (options.json === true) {
    console.log(JSON.stringify({ index, appealHash, answerHash, decision: made.decision }))
  }
  say(`Answered: ${made.decision}. Hand ${options.out} to the person.`)
  if (made.decision !== 'dismissed') {
    say('Next: `cinnabar registrar unfreeze` or `change`; an answer alone changes nothing.')
  }
}

async function keptAnswer(path: string): Promise<AppealAnswer | undefined> {
  const text = await readIfThere(path)
  return text === undefined ? undefined : parseIdentityFile('cinnabar.appeal-answer', text)
}

function isAnswered({ answerHash }: { answerHash?: unknown }): boolean {
  return answerHash !== undefined
}
