import {
  type Appeal,
  type AppealAnswer,
  hashAppealFile,
  isAppealSigned,
  parseIdentityFile,
} from '../api/index.ts'
import { type AppealRecord, fileAppealCall, findAppeal } from '../l1/appeals.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import { bytesToHex, formatField } from '../protocol/field.ts'
import { signAsOwner } from '../protocol/grants/proofs.ts'
import { type BaseChainDependencies, transactionStore } from './baseChainMoney.ts'
import { AppealFileError, NotRegisteredError } from './errors.ts'
import { ownerOf } from './ledger.ts'
import type { Wallet } from './wallet.ts'

/**
 * Writes an appeal against what the registrar did to this wallet's identity, signed by its owner. Nothing is sent.
 *
 * @throws {NotRegisteredError}
 */
export function makeAppeal(wallet: Wallet, text: string): Appeal {
  const owner = ownerOf(wallet.state.ledger, wallet.keys)
  if (owner === undefined) throw new NotRegisteredError()
  if (text.trim() === '') throw new AppealFileError({ reason: 'its text is empty' })
  const document = {
    type: 'cinnabar.appeal' as const,
    version: 1 as const,
    domain: formatField(wallet.domain),
    index: Number(owner.identityIndex),
    text,
    salt: bytesToHex(wallet.randomBytes(32)),
  }
  return { ...document, authority: signAsOwner(wallet.keys, owner, document) }
}

/** An appeal of this wallet from its file. @throws {AppealFileError | IdentityFileError} */
export function readAppeal(wallet: Wallet, file: string): Appeal {
  const appeal = parseIdentityFile('cinnabar.appeal', file)
  if (BigInt(appeal.domain) !== wallet.domain) {
    throw new AppealFileError({ reason: 'it is for another deployment' })
  }
  const owner = ownerOf(wallet.state.ledger, wallet.keys)
  if (owner === undefined) throw new NotRegisteredError()
  if (appeal.index !== Number(owner.identityIndex) || !isAppealSigned(appeal)) {
    throw new AppealFileError({ reason: 'it was not signed by the owner of this identity' })
  }
  return appeal
}

/**
 * Puts an appeal's hash on the base chain, so that nobody can say that it never came. Safe to repeat: one that is there is
 * not sent again.
 *
 * @throws what submitTransaction throws.
 */
export async function fileAppeal(
  { wallet, client, deployment, account }: BaseChainDependencies,
  appeal: Appeal,
): Promise<AppealRecord> {
  const named = { index: BigInt(appeal.index), appealHash: hashAppealFile(appeal) }
  const view = { client, deployment }
  const known = await findAppeal(view, named)
  if (known !== undefined) return known
  await submitTransaction({
    ...{ client, account, purpose: `appeal ${named.appealHash}` },
    ...fileAppealCall(deployment, named),
    store: transactionStore(wallet),
    chainId: wallet.deployment.chainId,
  })
  const filed = await findAppeal(view, named)
  // The transaction is in the chain: without the event the node answers from another one.
  if (filed === undefined) throw new AppealFileError({ reason: 'the node does not show it yet' })
  return filed
}

/**
 * The registrar's answer to an appeal, checked to be the one whose hash it put on the base chain.
 *
 * @throws {AppealFileError | IdentityFileError}
 */
export function readAnswer(
  { appeal, record }: { appeal: Appeal; record: AppealRecord | undefined },
  file: string,
): AppealAnswer {
  const answer = parseIdentityFile('cinnabar.appeal-answer', file)
  if (answer.appeal !== hashAppealFile(appeal) || answer.index !== appeal.index) {
    throw new AppealFileError({ reason: 'the answer is to another appeal' })
  }
  if (record?.answerHash !== hashAppealFile(answer)) {
    throw new AppealFileError({ reason: 'the answer is not the one on the base chain' })
  }
  return answer
}
