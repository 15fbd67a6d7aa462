import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Member } from './advanceCeremony.ts'
import { CeremonyFolder } from './ceremonyFolder.ts'
import { Journal } from './journal.ts'
import { MemberStore } from './memberStore.ts'
import { Turns } from './turns.ts'

/** A member's folder: `secrets/` under its passphrase, `ceremonies/` and `journal.jsonl` in the clear. */
export async function openMember(dir: string, passphrase: string): Promise<Member> {
  return memberOf(await MemberStore.open(dir, passphrase))
}

/**
 * The same, as the only process that works with it: two would give their journal's entries one number. The lock comes before the
 * journal is read.
 *
 * @throws {FolderInUseError}
 */
export async function openMemberAlone(
  dir: string,
  passphrase: string,
): Promise<{ member: Member; unlock: () => void }> {
  const store = await MemberStore.open(dir, passphrase)
  const unlock = store.lock()
  try {
    return { member: await memberOf(store), unlock }
  } catch (error) {
    unlock()
    throw error
  }
}

/** To look at beside the process that works with it; nothing is written. */
export async function readMember(
  dir: string,
  passphrase: string,
): Promise<
  Pick<Member, 'store' | 'ceremonies'> & {
    readonly journal: Pick<Journal, 'entries' | 'head'>
  }
> {
  return {
    store: await MemberStore.open(dir, passphrase),
    ceremonies: new CeremonyFolder(dir),
    journal: await Journal.read(journalOf(dir)),
  }
}

export async function createMember(
  dir: string,
  passphrase: string,
  { name }: { name: string },
): Promise<Member> {
  return memberOf(await MemberStore.create(dir, passphrase, { name, randomBytes: random }))
}

async function memberOf(store: MemberStore): Promise<Member> {
  return {
    store,
    ceremonies: new CeremonyFolder(store.dir),
    journal: await Journal.open(journalOf(store.dir)),
    turns: new Turns(),
    randomBytes: random,
  }
}

function journalOf(dir: string): string {
  return join(dir, 'journal.jsonl')
}

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
