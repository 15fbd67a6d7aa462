import {
  commitAccount,
  deriveAccountBlinding,
  deriveGenesisNullifier,
  deriveNullifier,
} from './account.ts'
import {
  deriveEphemeralSecret,
  derivePseudonym,
  deriveTraceTag,
  maskInvestigation,
  maskStatistics,
} from './auditRecord.ts'
import { clearCofactor, isOnCurve, mulBase8, mulPoint } from './babyjubjub.ts'
import { monthOf } from './calendar.ts'
import {
  DESTINATION_KIND,
  IDENTITY_STATUS,
  IDENTITY_TREE_DEPTH,
  NOTE_TREE_DEPTH,
  POLICY_TREE_DEPTH,
  SCALAR_BITS,
  TRANSFER_CIRCUITS,
  type TransferCircuit,
  WORDS,
  type WordName,
} from './constants.ts'
import { BaseError, StatementError } from './errors.ts'
import { fitsBits, isFieldElement } from './field.ts'
import { hashIdentity } from './identity.ts'
import { deriveOwnerKey, deriveTraceKey, deriveTraceSecret } from './keys.ts'
import { commitNote } from './note.ts'
import { hashPolicy } from './policy.ts'
import { hash } from './poseidon.ts'
import { publicInputsToArray, type TransferPublicInputs } from './publicInputs.ts'
import { type TransferWitness } from './transfer.ts'
import { type MerklePath, rootOf } from './tree.ts'
import { packWord, type WordFields } from './words.ts'

/**
 * The transfer statement in plain code. Throws at the first clause that does not hold.
 * circuits/src/transfer.circom enforces the same clauses; test/circuits/transfer*.test.ts hold them
 * equal. Spec: docs/spec/transfer.md.
 *
 * @throws {StatementError} with the clause.
 */
export function checkTransferStatement(
  circuit: TransferCircuit,
  publicInputs: TransferPublicInputs,
  witness: TransferWitness,
): void {
  const { anchor, identityRoot, policyRoot, day, nullifier, outputs } = publicInputs
  const { spendingKey, nullifierKey, isGenesis, account, inputs, notes, identity, isExit } = witness
  const { notesIn, investigationWords } = TRANSFER_CIRCUITS[circuit]
  const { owner, asset } = account
  const { withdrawal, fee, limits } = witness

  // T12 domain, memoHash and all else that is public are field elements, each in its one encoding.
  require(isCanonical(circuit, publicInputs), 'T12', 'a public input is not canonical')

  // T2 the witness knows spendingKey; keys and index make the owner.
  require(fitsBits(spendingKey, SCALAR_BITS), 'T2', 'the spending key is out of range')
  require(isFieldElement(nullifierKey), 'T2', 'the nullifier key is not canonical')
  require(deriveOwnerKey(mulBase8(spendingKey), nullifierKey) ===
    owner.ownerKey, 'T2', 'the keys do not make the owner')
  require(fitsBits(owner.identityIndex, 20), 'T2', 'the identity index is out of range')

  // T1 the old account note is in the note tree at the anchor, or this is its genesis.
  require(isWord('account', {
    ...account,
    identityIndex: owner.identityIndex,
  }), 'T1', 'a field of the account note is out of range')
  require(isFieldElement(account.blinding), 'T1', 'the account blinding is not canonical')
  const oldCommitment = commitAccount(account)
  if (!isGenesis) {
    require(isIn(
      oldCommitment,
      witness.accountPath,
      anchor,
      NOTE_TREE_DEPTH,
    ), 'T1', 'the account note is not in the note tree')
  } else {
    // T0 at genesis the old balance, nonce, cursor, day and spentToday are 0.
    require([account.balance, account.nonce, account.cursor, account.day, account.spentToday].every(
      (value) => value === 0n,
    ), 'T0', 'the state before genesis is not zero')
  }

  // T3 the account's (or the genesis') one canonical nullifier.
  require(nullifier ===
    (isGenesis
      ? deriveGenesisNullifier(nullifierKey, owner, asset)
      : deriveNullifier(nullifierKey, oldCommitment)), 'T3', 'the nullifier is another')

  // T4 each input is unused and inert, or in the tree at or above the running cursor, which passes it.
  require(inputs.length === notesIn, 'T4', 'there is another number of input slots')
  let cursor = account.cursor
  let amountIn = 0n
  for (const { isUsed, amount, blinding, index, path } of inputs) {
    require(fitsBits(amount, 64), 'T4', 'an amount taken in is out of range')
    require(fitsBits(index, 2 * NOTE_TREE_DEPTH), 'T4', 'an input index is out of range')
    amountIn += amount
    if (!isUsed) {
      require(amount === 0n, 'T4', 'an unused input has an amount')
      continue
    }
    require(index >= cursor, 'T4', 'an input is below the cursor')
    cursor = index + 1n
    require(isFieldElement(blinding), 'T4', 'an input blinding is not canonical')
    require(positionOf(path) === index &&
      isIn(
        commitNote({ asset, amount, owner, blinding }),
        path,
        anchor,
        NOTE_TREE_DEPTH,
      ), 'T4', 'an input is not in the note tree at its index for this owner and asset')
  }
  require(fitsBits(amountIn, 64), 'T4', 'the sum taken in is out of range')

  // T5 value is conserved, each amount in u64; public amounts are in the account's asset.
  require(notes.length === 3, 'T5', 'there is another number of notes')
  notes.forEach((note, i) => {
    require(fitsBits(note.amount, 64), 'T5', 'an amount is out of range')
    require(fitsBits(note.owner.identityIndex, 20), 'T5', 'a recipient index is out of range')
    require(isFieldElement(note.owner.ownerKey) &&
      isFieldElement(note.blinding), 'T5', 'a note is not canonical')
    require(outputs[i + 1] === commitNote({ ...note, asset }), 'T5', 'an output is another note')
  })
  require(isWord('withdrawal', { asset, ...withdrawal }) &&
    isWord('fee', {
      asset,
      ...fee,
    }), 'T5', 'a public amount, the recipient or the epoch is out of range')
  require(publicInputs.withdrawal ===
    (withdrawal.amount === 0n
      ? 0n
      : packWord('withdrawal', { asset, ...withdrawal })), 'T5', 'the withdrawal word is another')
  require(publicInputs.fee ===
    packWord('fee', {
      ...fee,
      asset: fee.amount === 0n ? 0n : asset,
    }), 'T5', 'the fee word is another')
  const amountOut = notes.reduce((sum, { amount }) => sum + amount, 0n)
  const newBalance = account.balance + amountIn - amountOut - withdrawal.amount - fee.amount
  require(fitsBits(newBalance, 64), 'T5', 'value is not conserved')

  // T6 the leaf at identityIndex is in identityRoot and has the owner's key; an identity that is not
  // active or has expired can only exit, to its destination.
  require(fitsBits(day, 16), 'T6', 'the day is out of range')
  require(identity.ownerKey === owner.ownerKey, 'T6', 'the identity has another key')
  require(isWord('identity', identity) &&
    [identity.destination, identity.tracePoint.x, identity.tracePoint.y, identity.salt].every(
      isFieldElement,
    ), 'T6', 'a field of the identity is out of range')
  require(positionOf(witness.identityPath) === owner.identityIndex &&
    isIn(
      hashIdentity(identity),
      witness.identityPath,
      identityRoot,
      IDENTITY_TREE_DEPTH,
    ), 'T6', 'the identity is not in the registry at its index')
  const isActive = identity.status === BigInt(IDENTITY_STATUS.ACTIVE)
  require(isExit ||
    (isActive &&
      day <= identity.expiryDay &&
      day >= identity.suspendedUntil), 'T6', 'the identity must exit')
  if (isExit) {
    const [kind, value1, value2] = witness.destination
    require(hash('DESTINATION', witness.destination) ===
      identity.destination, 'T6', 'the destination is another')
    require(withdrawal.amount === 0n ||
      (kind === BigInt(DESTINATION_KIND.ADDRESS) &&
        value1 === withdrawal.recipient), 'T6', 'an exit withdraws to another address')
    for (const note of notes) {
      require(note.amount === 0n ||
        (kind === BigInt(DESTINATION_KIND.OWNER) &&
          value1 === note.owner.ownerKey &&
          value2 === note.owner.identityIndex), 'T6', 'an exit pays another owner')
    }
    require(newBalance <= account.balance, 'T6', 'an exit increases the balance')
  }

  // T7 time runs forward; what leaves is within the limits of (tier, asset), except in an exit.
  require(day >= account.day, 'T7', 'the day is before the account day')
  const leaving = notes
    .filter(
      (note) =>
        note.owner.ownerKey !== owner.ownerKey || note.owner.identityIndex !== owner.identityIndex,
    )
    .reduce((sum, { amount }) => sum + amount, withdrawal.amount)
  const counted = isExit ? 0n : leaving
  const spentToday = (day === account.day ? account.spentToday : 0n) + counted
  require(Object.values(limits).every((limit) =>
    fitsBits(limit, 64),
  ), 'T7', 'a limit is out of range')
  require(counted <= limits.perTransfer, 'T7', 'the limit per transfer is exceeded')
  require(spentToday <= limits.perDay, 'T7', 'the limit per day is exceeded')
  require(newBalance <=
    (witness.boundByOldBalance
      ? account.balance
      : limits.accountCap), 'T7', 'the balance exceeds its bound')
  require(!isExit || witness.boundByOldBalance, 'T7', 'an exit is bound by the cap')
  if (!isExit) {
    require(isIn(
      hashPolicy({ tier: identity.tier, asset, ...limits }),
      witness.policyPath,
      policyRoot,
      POLICY_TREE_DEPTH,
    ), 'T7', 'the limits are not the policy of this tier and asset')
  }

  // T0 outputs[0] is the next account note of the same owner and asset.
  require(fitsBits(account.nonce + 1n, 32), 'T0', 'the nonce is used up')
  const nextAccount = {
    owner,
    asset,
    balance: newBalance,
    nonce: account.nonce + 1n,
    cursor,
    day,
    spentToday,
    blinding: deriveAccountBlinding(nullifierKey, nullifier, [outputs[1], outputs[2], outputs[3]]),
  }
  require(outputs[0] ===
    commitAccount(nextAccount), 'T0', 'outputs[0] is not the next account note')

  // T9 the ephemeral binds the contents: two versions of one transfer share no mask.
  const auditKeyS = { x: publicInputs.auditKeyS[0], y: publicInputs.auditKeyS[1] }
  const auditKeyI = { x: publicInputs.auditKeyI[0], y: publicInputs.auditKeyI[1] }
  // T11 the investigation record is for key L in an exit and above the day's threshold, else for I.
  const recordKey =
    isExit || spentToday > limits.reportAbove
      ? { x: publicInputs.auditKeyL[0], y: publicInputs.auditKeyL[1] }
      : auditKeyI
  for (const key of [auditKeyS, auditKeyI, recordKey]) {
    require(isOnCurve(key) &&
      clearCofactor(key).x !== 0n, 'T9', 'an audit key is not on the curve or of small order')
  }
  const ephemeralSecret = deriveEphemeralSecret(nullifierKey, nullifier, outputs)
  const ephemeral = mulBase8(ephemeralSecret)
  require(publicInputs.ephemeral[0] === ephemeral.x &&
    publicInputs.ephemeral[1] === ephemeral.y, 'T9', 'the ephemeral is another')

  // T8 the trace tag.
  const traceKey = deriveTraceKey(deriveTraceSecret(nullifierKey, owner), auditKeyI)
  require(publicInputs.traceTag ===
    deriveTraceTag(traceKey, asset, account.nonce), 'T8', 'the trace tag is another')

  // T10 the statistics record.
  const [amount1, amount2, amount3] = notes.map(({ amount }) => amount) as [bigint, bigint, bigint]
  const statistics = maskStatistics(mulPoint(auditKeyS, ephemeralSecret), [
    packWord('statistics0', {
      pseudonym: derivePseudonym(traceKey, monthOf(day)),
      amountIn,
      notesIn: BigInt(inputs.filter(({ isUsed }) => isUsed).length),
    }),
    packWord('statistics1', {
      asset,
      amount1,
      amount2,
      amount3,
      tier: identity.tier,
      jurisdiction: identity.jurisdiction,
    }),
  ])
  require(statistics.every(
    (word, i) => word === publicInputs.statisticsCiphertext[i],
  ), 'T10', 'the statistics record is another')

  // T11 the investigation record.
  const [recipient1, recipient2, recipient3] = notes.map((note) =>
    note.amount === 0n ? 0n : note.owner.identityIndex,
  ) as [bigint, bigint, bigint]
  const records = inputs.map(({ isUsed, index }) => (isUsed ? index + 1n : 0n))
  const words = [
    packWord('investigation0', {
      sender: owner.identityIndex,
      recipient1,
      recipient2,
      recipient3,
      input1: records[0] ?? 0n,
      nonce: account.nonce,
    }),
    packWord('investigation1', {
      input2: records[1] ?? 0n,
      input3: records[2] ?? 0n,
      input4: records[3] ?? 0n,
      input5: records[4] ?? 0n,
      input6: records[5] ?? 0n,
    }),
  ].slice(0, investigationWords)
  const investigation = maskInvestigation(mulPoint(recordKey, ephemeralSecret), words)
  require(investigation.every(
    (word, i) => word === publicInputs.investigationCiphertext[i],
  ), 'T11', 'the investigation record is another')
}

function require(holds: boolean, clause: string, reason: string): asserts holds {
  if (!holds) throw new StatementError({ statement: 'transfer', clause, reason })
}

function isCanonical(circuit: TransferCircuit, publicInputs: TransferPublicInputs): boolean {
  try {
    publicInputsToArray(circuit, publicInputs)
    return true
  } catch (error) {
    if (error instanceof BaseError) return false
    throw error
  }
}

/** Whether every field fits its bits. */
function isWord<W extends WordName>(word: W, fields: WordFields<W>): boolean {
  const values = fields as Record<string, bigint>
  return WORDS[word].every(([name, bits]) => fitsBits(values[name] ?? -1n, bits))
}

function isIn(leaf: bigint, path: MerklePath, root: bigint, depth: number): boolean {
  return (
    path.digits.length === depth &&
    path.children.every((four) => four.every(isFieldElement)) &&
    rootOf(leaf, path) === root
  )
}

function positionOf({ digits }: MerklePath): bigint {
  return digits.reduceRight((index, digit) => index * 4n + BigInt(digit), 0n)
}
