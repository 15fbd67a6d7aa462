import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import {
  NOTE_TREE_DEPTH,
  NULLIFIER_TREE_DEPTH,
  OUTPUTS_PER_SLOT,
} from '../../protocol/constants.ts'
import { bigintToBytes, bytesToBigint, concatBytes, fieldToBytes } from '../../protocol/field.ts'
import { initialState, openState, type RollupState } from '../../protocol/rollupState.ts'
import type { TreeHasher } from '../../protocol/treeHasher.ts'
import type { Kernels } from '../../prover/kernels.ts'
import {
  StateDamagedError,
  StateDirectoryError,
  StateTakenError,
  StateUnwritableError,
} from './errors.ts'
import { type EndTable, LmdbLowerEnds } from './lmdbLowerEnds.ts'
import { loadTree } from './loadTree.ts'
import { LmdbNodes, type NodeTable, tableCount } from './lmdbNodes.ts'
import { type BatchRoots, readRoots, REVERTIBLE_BATCHES, type StateStore } from './stateStore.ts'

/** Changes with the layout: another one's contents are rebuilt. */
const FORMAT = 'cinnabar state 1'
/** Says that an opening has begun. Left behind, the process died of what it read. */
const OPENING = 'opening'
const DATA_FILE = 'data.mdb'
const FILES = [DATA_FILE, 'lock.mdb', OPENING]

export type OpenStateStoreParameters = {
  /** Made if it is not there. Nothing but the store's own files is touched in it. */
  directory: string
  /** The deployment's. */
  domain: bigint
  hasher: TreeHasher
}

/**
 * Opens the state in a directory, or an empty one where it is missing, damaged or of another deployment.
 *
 * @returns the store, and why a former one was discarded.
 * @throws {StateDirectoryError} when the directory cannot be used.
 */
export async function openStateStore(
  parameters: OpenStateStoreParameters,
): Promise<{ store: StateStore; discarded?: string }> {
  const { directory } = parameters
  try {
    mkdirSync(directory, { recursive: true })
  } catch (cause) {
    throw new StateDirectoryError({ directory, cause })
  }
  const opening = join(directory, OPENING)
  let discarded = existsSync(opening) ? 'the process died while it opened the state' : undefined
  if (discarded === undefined) {
    try {
      const store = await LmdbStateStore.open(parameters)
      return { store }
    } catch (cause) {
      if (!(cause instanceof StateDamagedError)) throw cause
      discarded = cause.what
    }
  }
  remove(directory)
  try {
    return { store: await LmdbStateStore.open(parameters), discarded }
  } catch (cause) {
    throw cause instanceof StateDirectoryError
      ? cause
      : new StateDirectoryError({ directory, cause })
  }
}

function remove(directory: string): void {
  for (const file of FILES) rmSync(join(directory, file), { force: true })
}

/** A whole state, in the order in which it is written. */
export type StateSource = {
  readonly slotCount: number
  /** All intervals, ascending, 0 first. */
  readonly ends: Iterable<{ readonly from: bigint; readonly index: number }>
  /** `count` leaves from `from` on, 32 bytes each, little endian. */
  readonly nullifierLeaves: (from: number, count: number) => Promise<Uint8Array>
  readonly noteLeaves: (from: number, count: number) => Promise<Uint8Array>
}

/** Intervals in one transaction. */
const ENDS_AT_ONCE = 50_000

type Tables = {
  root: RootDatabase<Uint8Array, string>
  meta: Database<Uint8Array, string>
  notes: NodeTable[]
  nullifiers: NodeTable[]
  ends: EndTable
  /** Batch number to what it left. */
  batches: Database<Uint8Array, number>
  /** Batch number to what it inserted. */
  inserted: Database<Uint8Array, number>
}

type Opened = {
  tables: Tables
  noteNodes: LmdbNodes
  nullifierNodes: LmdbNodes
  lowerEnds: LmdbLowerEnds
  rollup: RollupState
}

type PendingBatch = { roots: BatchRoots; nullifiers: readonly bigint[] } | undefined

/** The state in one LMDB environment: each `flush` is one transaction. */
export class LmdbStateStore implements StateStore {
  readonly #parameters: OpenStateStoreParameters
  #opened: Opened
  /** Whoever opened the directory last. */
  #owner: Uint8Array
  #head = 0n
  /** LMDB itself does not survive a second closing. */
  #isClosed = false
  /** Not flushed yet: batches, or undefined where one was forgotten. */
  readonly #pending = new Map<number, PendingBatch>()

  private constructor(parameters: OpenStateStoreParameters) {
    this.#parameters = parameters
    this.#owner = randomBytes(16)
    this.#opened = this.#open()
  }

  /** @throws {StateDamagedError | StateDirectoryError} */
  static async open(parameters: OpenStateStoreParameters): Promise<LmdbStateStore> {
    const store = new LmdbStateStore(parameters)
    try {
      store.#check()
    } catch (cause) {
      await store.close()
      if (cause instanceof StateDamagedError) throw cause
      throw new StateDamagedError({ what: 'it cannot be read', cause })
    }
    return store
  }

  get rollup(): RollupState {
    return this.#opened.rollup
  }
  get head(): bigint {
    return this.#head
  }

  rootsOf(batchNumber: bigint): BatchRoots | undefined {
    if (batchNumber < 0n || batchNumber > this.#head) return undefined
    const pending = this.#pending.get(Number(batchNumber))
    if (pending !== undefined) return pending.roots
    const stored = this.#opened.tables.batches.getBinary(Number(batchNumber))
    if (stored?.length !== ROOTS_BYTES)
      throw new StateDamagedError({ what: 'the roots of a batch' })
    return decodeRoots(stored)
  }

  nullifiersOf(batchNumber: bigint): readonly bigint[] | undefined {
    if (batchNumber <= 0n || batchNumber > this.#head) return undefined
    const pending = this.#pending.get(Number(batchNumber))
    if (pending !== undefined) return pending.nullifiers
    const stored = this.#opened.tables.inserted.getBinary(Number(batchNumber))
    return stored === undefined ? undefined : decodeNullifiers(stored)
  }

  append(nullifiers: readonly bigint[]): void {
    this.#head += 1n
    this.#pending.set(Number(this.#head), { roots: readRoots(this.rollup), nullifiers })
  }

  removeNewest(): void {
    this.#pending.set(Number(this.#head), undefined)
    this.#head -= 1n
  }

  /** @throws {StateUnwritableError | StateTakenError} */
  flush(): void {
    if (this.#pending.size === 0 || this.#isClosed) return
    const { directory } = this.#parameters
    const { tables, noteNodes, nullifierNodes, lowerEnds } = this.#opened
    const { root, meta, batches, inserted } = tables
    try {
      root.transactionSync(() => {
        const owner = meta.getBinary('owner')
        if (owner === undefined || !this.#isOwner(owner)) throw new StateTakenError({ directory })
        noteNodes.put()
        nullifierNodes.put()
        lowerEnds.put()
        for (const [number, batch] of this.#pending) {
          if (batch === undefined) {
            batches.removeSync(number)
            inserted.removeSync(number)
            continue
          }
          batches.putSync(number, encodeRoots(batch.roots))
          inserted.putSync(number, encodeNullifiers(batch.nullifiers))
          inserted.removeSync(Math.max(0, number - REVERTIBLE_BATCHES))
        }
        meta.putSync('head', Buffer.from(bigintToBytes(this.#head, 8)))
      })
    } catch (cause) {
      if (cause instanceof StateTakenError) throw cause
      throw new StateUnwritableError({ directory, cause })
    }
    noteNodes.settle()
    nullifierNodes.settle()
    lowerEnds.settle()
    this.#pending.clear()
    fillFile(tables, directory)
  }

  /**
   * Fills a store that is new with a state that somebody vouches for, as one batch that cannot be taken
   * back: minutes for ten million leaves, where applying batches takes hours.
   */
  async load(source: StateSource, kernels: Kernels): Promise<void> {
    const { tables, noteNodes, nullifierNodes, rollup } = this.#opened
    const { root, ends } = tables
    const { slotCount } = source
    let isFirst = true
    const entries = source.ends[Symbol.iterator]()
    for (let done = false; !done;) {
      root.transactionSync(() => {
        for (let i = 0; i < ENDS_AT_ONCE && !done; i++) {
          const next = entries.next()
          if (next.done === true) done = true
          // The first stands there since the beginning.
          else if (!isFirst) LmdbLowerEnds.append(ends, next.value)
          isFirst = false
        }
      })
    }
    for (const { nodes, depth, count, leaves } of [
      {
        nodes: nullifierNodes,
        depth: NULLIFIER_TREE_DEPTH,
        count: slotCount,
        leaves: source.nullifierLeaves,
      },
      {
        nodes: noteNodes,
        depth: NOTE_TREE_DEPTH,
        count: OUTPUTS_PER_SLOT * slotCount,
        leaves: source.noteLeaves,
      },
    ]) {
      await loadTree(nodes, { depth, count, leaves, kernels }, () => {
        root.transactionSync(() => {
          nodes.put()
        })
        nodes.settle()
      })
    }
    rollup.slotCount = BigInt(slotCount)
    this.append([])
    this.flush()
  }

  async reset(): Promise<void> {
    await this.close()
    remove(this.#parameters.directory)
    this.#pending.clear()
    this.#head = 0n
    this.#opened = this.#open()
    this.#isClosed = false
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#opened.tables.root.close()
  }

  #isOwner(bytes: Uint8Array): boolean {
    return Buffer.compare(bytes, this.#owner) === 0
  }

  /** Opens what is there; an empty environment gets the initial state. */
  #open(): Opened {
    const { directory, domain, hasher } = this.#parameters
    const opening = join(directory, OPENING)
    let tables: Tables
    try {
      rmSync(opening, { force: true })
      writeFileSync(opening, '')
      tables = openTables(directory)
    } catch (cause) {
      rmSync(opening, { force: true })
      throw cause instanceof StateDamagedError
        ? cause
        : new StateDirectoryError({ directory, cause })
    }
    const { root, meta, ends } = tables
    const noteNodes = new LmdbNodes(tables.notes)
    const nullifierNodes = new LmdbNodes(tables.nullifiers)
    const lowerEnds = new LmdbLowerEnds(ends)
    const stores = { noteNodes, nullifierNodes, lowerEnds }
    const isNew = meta.getBinary('format') === undefined
    let rollup: RollupState
    if (isNew) {
      root.transactionSync(() => {
        LmdbLowerEnds.putFirst(ends)
      })
      rollup = initialState(stores, hasher)
      root.transactionSync(() => {
        noteNodes.put()
        nullifierNodes.put()
        tables.batches.putSync(0, encodeRoots(readRoots(rollup)))
        meta.putSync('format', Buffer.from(FORMAT))
        meta.putSync('domain', Buffer.from(fieldToBytes(domain)))
        meta.putSync('head', Buffer.from(bigintToBytes(0n, 8)))
        meta.putSync('owner', this.#owner)
      })
      noteNodes.settle()
      nullifierNodes.settle()
      fillFile(tables, directory)
    } else {
      this.#head = bytesToBigint(meta.getBinary('head') ?? new Uint8Array())
      const stored = tables.batches.getBinary(Number(this.#head))
      const slotCount = stored?.length === ROOTS_BYTES ? decodeRoots(stored).slotCount : 0n
      rollup = openState(stores, slotCount, hasher)
    }
    rmSync(opening, { force: true })
    return { tables, noteNodes, nullifierNodes, lowerEnds, rollup }
  }

  /** @throws {StateDamagedError} when what was opened is not this deployment's or does not fit together. */
  #check(): void {
    const { tables, rollup } = this.#opened
    const { meta, root } = tables
    const damaged = (what: string): never => {
      throw new StateDamagedError({ what })
    }
    if (meta.getBinary('format')?.toString() !== FORMAT) damaged('it has another format')
    const domain = meta.getBinary('domain')
    if (domain === undefined || bytesToBigint(domain) !== this.#parameters.domain) {
      damaged('it belongs to another deployment')
    }
    const recorded = this.rootsOf(this.#head)
    const { noteRoot, nullifierRoot } = readRoots(rollup)
    if (recorded?.noteRoot !== noteRoot || recorded.nullifierRoot !== nullifierRoot) {
      damaged('its roots are not those of its newest batch')
    }
    root.transactionSync(() => {
      meta.putSync('owner', this.#owner)
    })
  }
}

/**
 * LMDB maps its file and believes it: a file that is none, or ends early, would end the process. So
 * the two headers are read before: page header, magic number, version, …, page size, …, last page.
 *
 * Source: LMDB's mdb.c, `MDB_page` and `MDB_meta`, as lmdb 3.5 has them.
 *
 * @throws {StateDamagedError}
 */
function checkFile(path: string): void {
  if (!existsSync(path)) return
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    // Killed before its first transaction: LMDB begins anew.
    if (size === 0) return
    const readHeader = (at: number): Buffer => {
      const header = Buffer.alloc(HEADER_BYTES)
      readSync(file, header, 0, HEADER_BYTES, at)
      if (header.readUInt32LE(MAGIC_AT) !== MAGIC) {
        throw new StateDamagedError({ what: 'its file is none of LMDB' })
      }
      return header
    }
    const first = readHeader(0)
    const pageSize = first.readUInt32LE(PAGE_SIZE_AT)
    const pages = [first, readHeader(pageSize)].map((header) =>
      header.readBigUInt64LE(LAST_PAGE_AT),
    )
    const isWhole = pages.every((last) => (last + 1n) * BigInt(pageSize) <= BigInt(size))
    if (!isWhole) throw new StateDamagedError({ what: 'its file is cut off' })
  } finally {
    closeSync(file)
  }
}

const HEADER_BYTES = 0xa0
const MAGIC_AT = 0x18
const MAGIC = 0xbeefc0de
const PAGE_SIZE_AT = 0x30
const LAST_PAGE_AT = 0x90

/** The last page may be one that was never needed, nor written: the file gets its length all the same. */
function fillFile({ root }: Tables, directory: string): void {
  const file = join(directory, DATA_FILE)
  const { lastPageNumber = 0, pageSize = 0 } = root.getStats() as Record<string, number>
  const size = (lastPageNumber + 1) * pageSize
  if (statSync(file).size < size) truncateSync(file, size)
}

function openTables(directory: string): Tables {
  checkFile(join(directory, DATA_FILE))
  const root = open<Uint8Array, string>({
    path: directory,
    noSubdir: false,
    encoding: 'binary',
    // Two trees, and some more.
    maxDbs: 32,
  })
  try {
    const numbered = (name: string): Database<Uint8Array, number> =>
      root.openDB<Uint8Array, number>({ name, encoding: 'binary', keyEncoding: 'uint32' })
    const tree = (name: string, depth: number): NodeTable[] =>
      Array.from({ length: tableCount(depth) }, (_, i) => numbered(`${name} ${String(2 * i)}`))
    return {
      root,
      meta: root.openDB<Uint8Array, string>({ name: 'meta', encoding: 'binary' }),
      notes: tree('notes', NOTE_TREE_DEPTH),
      nullifiers: tree('nullifiers', NULLIFIER_TREE_DEPTH),
      ends: root.openDB<Uint8Array, Uint8Array>({
        name: 'ends',
        encoding: 'binary',
        keyEncoding: 'binary',
      }),
      batches: numbered('batches'),
      inserted: numbered('inserted'),
    }
  } catch (error) {
    void root.close()
    throw error
  }
}

const FIELD_BYTES = 32
const ROOTS_BYTES = 2 * FIELD_BYTES + 8
const NULLIFIER_BYTES = 31

function encodeRoots({ noteRoot, nullifierRoot, slotCount }: BatchRoots): Buffer {
  return Buffer.from(
    concatBytes(fieldToBytes(noteRoot), fieldToBytes(nullifierRoot), bigintToBytes(slotCount, 8)),
  )
}

function decodeRoots(bytes: Uint8Array): BatchRoots {
  return {
    noteRoot: bytesToBigint(bytes.subarray(0, FIELD_BYTES)),
    nullifierRoot: bytesToBigint(bytes.subarray(FIELD_BYTES, 2 * FIELD_BYTES)),
    slotCount: bytesToBigint(bytes.subarray(2 * FIELD_BYTES)),
  }
}

function encodeNullifiers(nullifiers: readonly bigint[]): Buffer {
  return Buffer.concat(nullifiers.map((nullifier) => bigintToBytes(nullifier, NULLIFIER_BYTES)))
}

function decodeNullifiers(bytes: Uint8Array): bigint[] {
  return Array.from({ length: bytes.length / NULLIFIER_BYTES }, (_, i) =>
    bytesToBigint(bytes.subarray(NULLIFIER_BYTES * i, NULLIFIER_BYTES * (i + 1))),
  )
}
