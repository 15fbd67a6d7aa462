import { readFileSync, statSync } from 'node:fs'
import { DatabaseUrlFileError } from './errors.ts'

/** Its group may read it, as the services of an orchestrator's secrets do; nobody else, and none may change it. */
const FORBIDDEN_MODE = 0o037

/**
 * Postgres as it was named: by an option, by `DATABASE_URL`, or in the file that `DATABASE_URL_FILE` names, since the
 * URL holds a password. Undefined where nobody named one.
 *
 * @throws {DatabaseUrlFileError} which never quotes what is in it.
 */
export function findDatabaseUrl(
  option: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const { DATABASE_URL: url, DATABASE_URL_FILE: path } = environment
  if (option !== undefined && option !== '') return option
  if (url !== undefined && url !== '') return url
  if (path === undefined || path === '') return undefined
  const fail = (reason: string): never => {
    throw new DatabaseUrlFileError({ path, reason })
  }
  let text: string
  try {
    if ((statSync(path).mode & FORBIDDEN_MODE) !== 0) {
      return fail('others than its owner and group may read or change it (chmod 600)')
    }
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof DatabaseUrlFileError) throw error
    return fail('it cannot be read')
  }
  return /^postgres(ql)?:\/\//.test(text) ? text : fail('it is no postgres:// URL')
}
