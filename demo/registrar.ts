import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import {
  formatIdentityFile,
  type IdentityAcceptance,
  type IdentityRequest,
} from '../api/identityFiles.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { dayOf } from '../protocol/calendar.ts'
import {
  publishIdentity,
  type PublishedIdentity,
  type RegistrarDependencies,
} from '../regulator/publishIdentity.ts'
import { readRegistry } from '../regulator/readChain.ts'
import {
  admitEntry,
  changedIdentity,
  checkAcceptance,
  entryOf,
  type IdentityChange,
  initialRegistrarState,
  offerIdentity,
} from '../regulator/registrar.ts'
import { createSealedFile, type SealedFile } from '../regulator/sealedFile.ts'
import type { RegistrarState } from '../regulator/registrar.ts'
import type { Devnet } from './devnet.ts'

/** The registrar's office of the demonstration: the same steps as `cinnabar registrar`. */
export class RegistrarOffice {
  readonly #devnet: Devnet
  readonly #file: SealedFile<RegistrarState>
  readonly #dependencies: RegistrarDependencies

  private constructor(devnet: Devnet, file: SealedFile<RegistrarState>) {
    this.#devnet = devnet
    this.#file = file
    const { client, deployment, prover, accounts, dir } = devnet
    this.#dependencies = {
      client,
      deployment,
      prover,
      account: createTransactionAccount(accounts.registrar.privateKey),
      store: fileTransactionStore(join(dir, 'registrar-transactions.json')),
      randomBytes: (length) => randomBytes(length),
    }
  }

  static async open(devnet: Devnet, passphrase: string): Promise<RegistrarOffice> {
    const state = initialRegistrarState(devnet.deployment.domain)
    const path = join(devnet.dir, 'registrar.json')
    return new RegistrarOffice(devnet, await createSealedFile(path, passphrase, state))
  }

  /** The offer, as the text of its file. Valid for a year. */
  async offer(request: IdentityRequest, terms: { tier: number; name: string }): Promise<string> {
    const { timestamp } = await this.#devnet.client.getBlock()
    const { state, offer } = offerIdentity(this.#file.value, {
      request,
      terms: {
        tier: terms.tier,
        jurisdiction: 156,
        expiryDay: Number(dayOf(timestamp)) + 365,
        reference: terms.name,
      },
      randomBytes: (length) => randomBytes(length),
    })
    await this.#file.write(state)
    return formatIdentityFile(offer)
  }

  async admit(acceptance: IdentityAcceptance): Promise<PublishedIdentity> {
    const identity = checkAcceptance(this.#file.value, acceptance)
    const { index } = acceptance
    const published = await publishIdentity(this.#dependencies, {
      ...(await this.#present()),
      index,
      next: identity,
      reference: entryOf(this.#file.value, index).reference,
      acceptance,
    })
    await this.#file.write(admitEntry(this.#file.value, { index, identity }))
    return published
  }

  async change(index: number, change: IdentityChange): Promise<PublishedIdentity> {
    const { old, next } = changedIdentity(this.#file.value, { index, change })
    const published = await publishIdentity(this.#dependencies, {
      ...(await this.#present()),
      index,
      old,
      next,
      reference: entryOf(this.#file.value, index).reference,
    })
    await this.#file.write(admitEntry(this.#file.value, { index, identity: next }))
    return published
  }

  /** What the registrar calls the person behind an index. */
  nameOf(index: bigint): string | undefined {
    return this.#file.value.entries.find((entry) => BigInt(entry.index) === index)?.reference
  }

  async #present() {
    const { reader, deployment, investigationKey } = this.#devnet
    return {
      registry: await readRegistry(reader, { fromBlock: deployment.startBlock }),
      auditKeyI: investigationKey.auditKey,
    }
  }
}
