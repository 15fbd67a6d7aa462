import { readFile } from 'node:fs/promises'
import { KeyInvalidError } from './errors.ts'

type Hex = `0x${string}`

/**
 * A private key from a file or an environment variable; the file wins. Never from the command line, which
 * every user of the machine can read.
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
  const source = file ?? `environment variable ${variable}`
  const text =
    file === undefined ? environment[variable] : await readFile(file, 'utf8').catch(() => undefined)
  const key = text?.trim()
  if (key === undefined || !/^0x[0-9a-fA-F]{64}$/.test(key) || /^0x0+$/.test(key)) {
    throw new KeyInvalidError({ what, source })
  }
  return key.toLowerCase() as Hex
}
