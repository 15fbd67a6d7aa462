import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommitteeBody } from '../committee/bodies.ts'
import { committeeId } from '../committee/committeeFile.ts'
import { FileUnreadableError } from '../errors.ts'
import { replaceFile } from '../../files/replaceFile.ts'
import type { OrderFile } from '../bundle/buildBundle.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import type { CollectedItem } from './collectOpenings.ts'
import type { Announcement, Case, Item, Scope } from './documents.ts'
import type { OpeningAnswer } from './openingMessages.ts'

/** An officer's file of an order, as it stands on disk: documents with their salts, and what was opened so far. */
export type StoredOrder = Omit<OrderFile, 'order'> & { readonly order: string }

/** An order that is about to be filed: all that filing it takes, so that a second try files the same. */
export type PendingOrder = {
  readonly scope: Scope
  readonly caseDocument: Case
  readonly legalBasis: number
  readonly limit: number
  readonly isEmergency: boolean
  /** Once it was filed. */
  readonly order?: string
}

/** The same where an alert is about to become it. */
export type PendingAlert = PendingOrder & {
  /** Text whose hash the case document has. */
  readonly caseFile: string
}

/**
 * `order-<number>.json` in the officer's folder, mode 0600. The contents of an order stay sealed until it is unsealed: the folder
 * is as confidential as the case file.
 */
export class OrderFolder {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  async create(
    order: bigint,
    { scope, caseDocument }: { scope: Scope; caseDocument: Case },
  ): Promise<OrderFile> {
    const file = { order, scope, caseDocument, announcements: [], committees: [], collected: [] }
    await this.#write(file)
    return file
  }

  /** @throws {FileUnreadableError} */
  async load(order: bigint): Promise<OrderFile> {
    const path = this.#pathOf(order)
    try {
      const stored = JSON.parse(await readFile(path, 'utf8')) as StoredOrder
      return { ...stored, order }
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      const reason = isMissing ? 'it does not exist' : 'it is no order file'
      throw new FileUnreadableError({ path, reason, isMissing })
    }
  }

  /** Once, and before it goes to the chain: an announcement whose text is lost could not be opened. */
  async addAnnouncement(order: bigint, announcement: Announcement): Promise<OrderFile> {
    const file = await this.load(order)
    const text = canonicalJson(announcement)
    if (file.announcements.some((kept) => canonicalJson(kept) === text)) return file
    const changed = { ...file, announcements: [...file.announcements, announcement] }
    await this.#write(changed)
    return changed
  }

  /** The announcement of the same items that is kept already, so that a repeated command announces nothing twice. */
  async findAnnouncement(order: bigint, items: readonly Item[]): Promise<Announcement | undefined> {
    const text = canonicalJson(items)
    const { announcements } = await this.load(order)
    return announcements.find((announcement) => canonicalJson(announcement.items) === text)
  }

  async addCollected(
    order: bigint,
    committee: CommitteeBody,
    items: readonly CollectedItem[],
  ): Promise<OrderFile> {
    const file = await this.load(order)
    const id = committeeId(committee)
    const isKnown = file.committees.some((body) => committeeId(body) === id)
    const changed = {
      ...file,
      committees: isKnown ? file.committees : [...file.committees, committee],
      collected: [...file.collected, ...items.map((item) => ({ ...item, committee: id }))],
    }
    await this.#write(changed)
    return changed
  }

  /** `order-<number>-evidence.json`: wrong partials under the order, from all attempts, each signed by its author. */
  async addEvidence(order: bigint, answers: readonly OpeningAnswer[]): Promise<void> {
    if (answers.length === 0) return
    const path = this.evidencePath(order)
    const kept = (await exists(path))
      ? (JSON.parse(await readFile(path, 'utf8')) as OpeningAnswer[])
      : []
    replaceFile(path, `${JSON.stringify([...kept, ...answers], null, 2)}\n`)
  }

  async hasEvidence(order: bigint): Promise<boolean> {
    return exists(this.evidencePath(order))
  }

  evidencePath(order: bigint): string {
    return join(this.#dir, `order-${order.toString()}-evidence.json`)
  }

  async has(order: bigint): Promise<boolean> {
    return exists(this.#pathOf(order))
  }

  /** Before anything is sent: `pending-order-<name>.json`. It stays, so that a repeat is the same order. */
  async keepPending(name: string, pending: PendingOrder): Promise<void> {
    await this.#keep(this.#pathOfPending(name), pending)
  }

  async loadPending(name: string): Promise<PendingOrder | undefined> {
    return loadKept<PendingOrder>(this.#pathOfPending(name))
  }

  /** Before anything is sent: `pending-alert-<number>.json`. */
  async keepAlert(alert: number, pending: PendingAlert): Promise<void> {
    await this.#keep(this.#pathOfAlert(alert), pending)
  }

  async loadAlert(alert: number): Promise<PendingAlert | undefined> {
    return loadKept<PendingAlert>(this.#pathOfAlert(alert))
  }

  async removeAlert(alert: number): Promise<void> {
    await rm(this.#pathOfAlert(alert), { force: true })
  }

  /** `order-<number>-case.json`: the file whose hash is on the chain. */
  keepCaseFile(order: bigint, text: string): void {
    replaceFile(join(this.#dir, `order-${order.toString()}-case.json`), text)
  }

  async #write(file: OrderFile): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    const stored: StoredOrder = { ...file, order: file.order.toString() }
    replaceFile(this.#pathOf(file.order), `${JSON.stringify(stored, null, 2)}\n`)
  }

  async #keep(path: string, pending: PendingOrder): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    replaceFile(path, `${JSON.stringify(pending, null, 2)}\n`)
  }

  #pathOfPending(name: string): string {
    return join(this.#dir, `pending-order-${name}.json`)
  }

  #pathOfAlert(alert: number): string {
    return join(this.#dir, `pending-alert-${String(alert)}.json`)
  }

  #pathOf(order: bigint): string {
    return join(this.#dir, `order-${order.toString()}.json`)
  }
}

async function loadKept<Pending>(path: string): Promise<Pending | undefined> {
  if (!(await exists(path))) return undefined
  return JSON.parse(await readFile(path, 'utf8')) as Pending
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
