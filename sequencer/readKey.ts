import { open } from 'node:fs/promises'
import { KeyInvalidError } from './errors.ts'

type Hex = `0x${string}`

/** Its group may read a key, as the services of an orchestrator's secrets do; nobody else, and none may change it. */
const FORBIDDEN_MODE = 0o037

/**
 * A private key from a file, from the file that `<variable>_FILE` names, or from an environment variable, in this
 * order. Never from the command line, which every user of the machine can read.
 *
 * @throws {KeyInvalidError} which names the place and never what is in it.
 */
export async function readKey({
  what,
  file,
  variable,
  environment = process.env,
}: {
  what: string
  file: string | undefined
  variable: string
  environment?: NodeJS.ProcessEnv
}): Promise<Hex> {
  const named = environment[`${variable}_FILE`]
  const path = file ?? (named === '' ? undefined : named)
  const source = path ?? `environment variable ${variable}`
  const fail = (reason: string) => new KeyInvalidError({ what, source, reason })
  const text = path === undefined ? environment[variable] : await readSecret(path, fail)
  const key = text?.trim()
  if (key === undefined || key === '') throw fail('there is none')
  if (!/^0x[0-9a-fA-F]{64}$/.test(key) || /^0x0+$/.test(key)) {
    throw fail('it is not 0x and 64 hex digits, and nothing else')
  }
  return key.toLowerCase() as Hex
}

async function readSecret(path: string, fail: (reason: string) => Error): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    throw fail(code === 'ENOENT' ? 'the file does not exist' : 'the file may not be opened')
  })
  try {
    // Of the open file and not of its name: what is checked is what is read.
    const { mode } = await file.stat()
    if ((mode & FORBIDDEN_MODE) !== 0) {
      throw fail('others than its owner and group may read or change it (chmod 600)')
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
