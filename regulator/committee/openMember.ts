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
    journal: await Journal.open(join(store.dir, 'journal.jsonl')),
    turns: new Turns(),
    randomBytes: random,
  }
}

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
