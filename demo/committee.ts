import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { AuditKeyRegistrar } from '../deploy/contracts/deploy.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { bytesToHex, formatField } from '../protocol/field.ts'
import { buildBundle } from '../regulator/bundle/buildBundle.ts'
import { type VerifiedBundle, verifyBundle } from '../regulator/bundle/verifyBundle.ts'
import type { Member } from '../regulator/committee/advanceCeremony.ts'
import { encodePoint } from '../regulator/committee/bodies.ts'
import { CeremonyLoop } from '../regulator/committee/ceremonyLoop.ts'
import type { CommitteeFile } from '../regulator/committee/committeeFile.ts'
import { agreeOn } from '../regulator/committee/description.ts'
import { type AddressBook, makeCard, readAddressBook } from '../regulator/committee/memberCard.ts'
import { type MemberService, startMemberService } from '../regulator/committee/memberService.ts'
import { createMember } from '../regulator/committee/openMember.ts'
import { createPeerClient, type PeerClient } from '../regulator/committee/peerClient.ts'
import {
  decodeRegistration,
  provePossessionTogether,
} from '../regulator/committee/possessionRounds.ts'
import type { OpenedTransfer } from '../regulator/openRecords.ts'
import type { Scope } from '../regulator/orders/documents.ts'
import { openAnnounced } from '../regulator/orders/openAnnounced.ts'
import {
  type Actor,
  announceOpenings,
  approveOrder,
  discloseOrder,
  fileOrder,
  logOf,
  makeAnnouncement,
} from '../regulator/orders/orderActions.ts'
import { OrderFolder } from '../regulator/orders/orderFolder.ts'
import type { Devnet } from './devnet.ts'

const COUNT = 5
const THRESHOLD = 3
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))

/** Five offices that have the investigation key together, each with its key store and its service; three of them open. */
export class InvestigationCommittee {
  readonly #members: readonly Member[]
  readonly #office: Member
  #services: readonly MemberService[] = []
  #file: CommitteeFile | undefined

  private constructor(members: readonly Member[], office: Member) {
    this.#members = members
    this.#office = office
  }

  static async gather(dir: string, passphrase: string): Promise<InvestigationCommittee> {
    const names = ['Court', 'Central bank', 'Ombudsman', 'Police', 'Audit office', 'Officer']
    const made = await Promise.all(
      names.map((name, i) => createMember(join(dir, `office-${String(i)}`), passphrase, { name })),
    )
    return new InvestigationCommittee(made.slice(0, COUNT), made[COUNT]!)
  }

  /** Makes the key in a ceremony between the services, and proves to the registry that they have it. */
  readonly register: AuditKeyRegistrar = async ({ chainId, registry, epoch, kind }) => {
    await this.#serve()
    const members = await Promise.all(
      this.#members.map(async ({ store, randomBytes: bytes }, i) => ({
        index: i + 1,
        name: store.identity.name,
        encryptionKey: encodePoint(await store.prepareKey(bytes)),
        signingKey: store.signingKey,
      })),
    )
    const { description, id } = agreeOn({
      ...{ version: 1, chainId: chainId.toString(), registry, epoch: Number(epoch), kind },
      ...{ threshold: THRESHOLD, members, nonce: bytesToHex(random(32)) },
    })
    for (const { ceremonies } of this.#members) await ceremonies.join(description)
    const loops = this.#members.map((member) => new CeremonyLoop(member, this.#peers(member)))
    while ((await Promise.all(loops.map((loop) => loop.tick()))).flat().length > 0);
    const file = await this.#members[0]!.ceremonies.result(id)
    if (file === undefined) throw new Error('the committee’s ceremony failed')
    this.#file = file
    const peers = this.#peers(this.#office).slice(0, THRESHOLD)
    return decodeRegistration(await provePossessionTogether(file, peers, random))
  }

  /** From here on members follow the chain by themselves, and answer under orders. */
  async follow(devnet: Devnet): Promise<void> {
    await this.#serve(devnet)
  }

  /**
   * An order over transfers, from filing to disclosure: what was opened, in a bundle that was checked against the chain.
   *
   * @param onRefusal the committee is asked once before the order is approved; what comes of it.
   */
  async execute(
    devnet: Devnet,
    transfers: readonly OpenedTransfer[],
    nullifierOf: (transfer: OpenedTransfer) => bigint,
    onRefusal: (code: string) => void,
  ): Promise<VerifiedBundle> {
    const actorOf = (role: 'officer' | 'reviewer' | 'judge'): Actor => ({
      ...devnet,
      account: createTransactionAccount(devnet.accounts[role].privateKey),
      store: fileTransactionStore(join(devnet.dir, `${role}-transactions.json`)),
    })
    const [officer, reviewer, judge] = [actorOf('officer'), actorOf('reviewer'), actorOf('judge')]
    const named = transfers.map((transfer) => ({
      batch: transfer.batchNumber.toString(),
      slot: transfer.slot,
      nullifier: formatField(nullifierOf(transfer)),
    }))
    const scope: Scope = {
      ...{ type: 'cinnabar.scope', version: 1, ...logOf(devnet.deployment) },
      ...{ kind: 'transfers', transfers: named, keys: ['investigation'] },
      salt: bytesToHex(random(32)),
    }
    const caseDocument = {
      ...{ type: 'cinnabar.case' as const, version: 1 as const },
      ...{ file: bytesToHex(random(32)), salt: bytesToHex(random(32)) },
    }
    const filing = { scope, caseDocument, legalBasis: 1, limit: named.length }
    const { order } = await fileOrder(officer, filing)
    const folder = new OrderFolder(join(devnet.dir, 'orders'))
    await folder.create(order, filing)
    const items = named.map((reference) => ({ type: 'record' as const, ...reference }))
    const announcement = makeAnnouncement(devnet.deployment, { order, items, randomBytes: random })
    await folder.addAnnouncement(order, announcement)
    const request = { version: 1, order: order.toString(), scope, announcement }
    const [peer] = this.#peers(this.#office)
    await peer
      ?.post('/v1/openings', { ...request, key: 'investigation', items: [0] })
      .catch((error: unknown) => onRefusal((error as { reason?: string }).reason ?? 'INTERNAL'))
    await approveOrder(reviewer, { order, role: 'reviewer' })
    await approveOrder(judge, { order, role: 'judge' })
    await announceOpenings(officer, announcement)
    const openers = [{ file: this.#file!, peers: this.#peers(this.#office) }]
    await openAnnounced(devnet, { folder, order, openers, confirmations: 1 })
    const bundle = await buildBundle(devnet, { confirmations: 1 }, await folder.load(order))
    const { bundleHash } = await verifyBundle(devnet, { confirmations: 1 }, bundle)
    await discloseOrder(officer, { order, bundleHash })
    return verifyBundle(devnet, { confirmations: 1 }, bundle)
  }

  async close(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()))
    this.#services = []
  }

  async #serve(source?: Devnet): Promise<void> {
    await this.close()
    const card = ({ store: { identity } }: Member) =>
      makeCard({ ...identity, certificate: identity.tls.certificate })
    const book: AddressBook = readAddressBook({
      ...{ type: 'cinnabar.address-book', version: 1 },
      ...{ members: this.#members.map(card), clients: [card(this.#office)] },
    })
    this.#services = await Promise.all(
      this.#members.map((member) =>
        startMemberService({
          ...{ member, book, confirmations: 1 },
          ...(source === undefined ? {} : { source }),
        }),
      ),
    )
  }

  #peers(asker: Member): PeerClient[] {
    return this.#members.flatMap((member, i) => {
      const url = this.#services[i]?.url
      if (url === undefined || member === asker) return []
      const { identity } = member.store
      const card = makeCard({ ...identity, certificate: identity.tls.certificate }, url)
      return [createPeerClient(asker.store.identity.tls, { ...card, url })]
    })
  }
}
