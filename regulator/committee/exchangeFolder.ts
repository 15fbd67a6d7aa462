import { sha256 } from '@noble/hashes/sha2.js'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalBytes, canonicalJson } from '../../protocol/canonicalJson.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { replaceFile } from '../../files/replaceFile.ts'
import { type Advanced, advanceCeremony, type Member } from './advanceCeremony.ts'
import type { MessageType } from './envelope.ts'

/** A file in the folder is one message; nobody needs more. */
const MAX_FILE_BYTES = 8 * 1024 * 1024

/**
 * One round of a ceremony by files, for a member without a network: takes in what is in the folder, says what it has to say, and
 * leaves everything it has there. Whoever carries the folder from member to member need not be trusted: messages are signed, and
 * shares in them sealed.
 */
export async function exchangeFolder(
  member: Member,
  { id, folder, close }: { id: string; folder: string; close?: MessageType },
): Promise<Advanced> {
  await mkdir(folder, { recursive: true })
  const incoming: unknown[] = []
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith('.json')) continue
    const text = await readFile(join(folder, name), 'utf8')
    if (text.length > MAX_FILE_BYTES) continue
    try {
      incoming.push(JSON.parse(text) as unknown)
    } catch {
      // Half a file, or none of ours.
    }
  }
  const advanced = await advanceCeremony(member, {
    id,
    incoming,
    ...(close === undefined ? {} : { close }),
  })
  for (const message of advanced.messages) {
    const hash = bytesToHex(sha256(canonicalBytes(message))).slice(2, 18)
    const name = `${id.slice(2, 10)}-${message.type}-${String(message.from)}-${hash}.json`
    replaceFile(join(folder, name), `${canonicalJson(message)}\n`)
  }
  return advanced
}
