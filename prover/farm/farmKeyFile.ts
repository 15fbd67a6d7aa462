import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { bytesToHex, hexToBytes } from '../../protocol/field.ts'
import { FarmKeyFileError, FarmKeyInvalidError } from './errors.ts'
import { type FarmKey, farmKeyFrom } from './sealedBox.ts'

type Hex = `0x${string}`

type FarmKeyFile = { version: 1; kind: 'cinnabar farm key'; publicKey: Hex; secretKey: Hex }

/** Writes a new file with mode 0600. @throws {FarmKeyFileError} when there is one already. */
export async function writeFarmKey(path: string, key: FarmKey): Promise<void> {
  const content: FarmKeyFile = {
    version: 1,
    kind: 'cinnabar farm key',
    publicKey: bytesToHex(key.publicKey),
    secretKey: bytesToHex(key.secretKey),
  }
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
  const file = await open(path, flags, 0o600).catch((error: unknown) => {
    throw new FarmKeyFileError({ path, reason: reasonOf(error) })
  })
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** @throws {FarmKeyFileError} which never quotes what is in it. */
export async function readFarmKey(path: string): Promise<FarmKey> {
  const fail = (reason: string): never => {
    throw new FarmKeyFileError({ path, reason })
  }
  const file = await open(path, 'r').catch((error: unknown) => fail(reasonOf(error)))
  try {
    // Of the open file and not of its name: what is checked is what is read.
    const { mode } = await file.stat()
    // Its group may: so orchestrators mount secrets for a user that is not root.
    if ((mode & 0o037) !== 0) fail('others than its owner and group may read or change it')
    const content = parse(await file.readFile('utf8'))
    if (content === undefined) return fail('it is no farm key')
    const key = farmKeyFrom(hexToBytes(content.secretKey))
    if (bytesToHex(key.publicKey) !== content.publicKey) fail('its two halves do not match')
    return key
  } finally {
    await file.close()
  }
}

/** @throws {FarmKeyInvalidError} */
export function parseFarmPublicKey(text: string): Uint8Array {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new FarmKeyInvalidError()
  return hexToBytes(text.toLowerCase())
}

function parse(text: string): FarmKeyFile | undefined {
  try {
    const content = JSON.parse(text) as Partial<FarmKeyFile>
    const isKey = (value: unknown) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
    const { version, publicKey, secretKey } = content
    return version === 1 && isKey(publicKey) && isKey(secretKey)
      ? (content as FarmKeyFile)
      : undefined
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EEXIST') return 'it exists already, and a key is never overwritten'
  if (code === 'ENOENT') return 'it does not exist'
  return code === 'EACCES' ? 'it may not be opened' : 'it could not be opened'
}
