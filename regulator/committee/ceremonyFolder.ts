import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileUnreadableError } from '../errors.ts'
import { replaceFile } from '../../files/replaceFile.ts'
import { decodeDealing, encodeDealing } from './bodies.ts'
import type { Missing, Run } from './ceremonyRun.ts'
import { type CommitteeFile, readCommitteeFile } from './committeeFile.ts'
import { type AgreedCeremony, agreeOn } from './description.ts'
import type { Message, MessageOf, MessageType } from './envelope.ts'

/** A ceremony under way, as it stands on disk. Nothing in it is secret: shares are sealed to their members' keys. */
export type StoredCeremony = {
  readonly agreed: AgreedCeremony
  readonly run: Run
  /** Why it failed for good. */
  readonly failure?: string
}

type StoredRun = {
  readonly messages: readonly Message[]
  readonly ownDealing?: { readonly dealer: number; readonly body: MessageOf<'deal'>['body'] }
  readonly closed?: readonly Missing[]
  readonly failure?: string
}

/** The ceremonies that a member has joined: `ceremonies/<id>/{description,run,committee}.json`. */
export class CeremonyFolder {
  readonly #dir: string

  constructor(memberDir: string) {
    this.#dir = join(memberDir, 'ceremonies')
  }

  /** Takes part in a ceremony from now on. Joining again changes nothing. @throws {DescriptionInvalidError} */
  async join(description: unknown): Promise<AgreedCeremony> {
    const agreed = agreeOn(description)
    const dir = join(this.#dir, agreed.id)
    await mkdir(dir, { recursive: true, mode: 0o700 })
    replaceFile(join(dir, 'description.json'), JSON.stringify(agreed.description))
    return agreed
  }

  async list(): Promise<string[]> {
    const names = await readdir(this.#dir).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    })
    return names.filter((name) => /^0x[0-9a-f]{64}$/.test(name)).sort()
  }

  /** Undefined for one that was not joined. @throws {DescriptionInvalidError} */
  async load(id: string): Promise<StoredCeremony | undefined> {
    const description = await this.#read(id, 'description')
    if (description === undefined) return undefined
    const stored = (await this.#read(id, 'run')) as StoredRun | undefined
    const agreed = agreeOn(description)
    return {
      agreed,
      run: decodeRun(agreed, stored ?? { messages: [] }),
      ...(stored?.failure === undefined ? {} : { failure: stored.failure }),
    }
  }

  /** On disk before anybody is shown a message of it. */
  async save({ agreed, run, failure }: StoredCeremony): Promise<void> {
    const stored = { ...encodeRun(run), ...(failure === undefined ? {} : { failure }) }
    replaceFile(this.#pathOf(agreed.id, 'run'), JSON.stringify(stored))
  }

  /** Rounds that the operator has closed without those who are missing. */
  async closedRounds(id: string): Promise<readonly MessageType[]> {
    const closed = (await this.#read(id, 'closed')) as { rounds: MessageType[] } | undefined
    return closed?.rounds ?? []
  }

  async closeRound(id: string, round: MessageType): Promise<void> {
    const rounds = [...new Set([...(await this.closedRounds(id)), round])]
    replaceFile(this.#pathOf(id, 'closed'), JSON.stringify({ rounds }))
  }

  /** What the ceremony made; undefined while it goes on. */
  async result(id: string): Promise<CommitteeFile | undefined> {
    const file = await this.#read(id, 'committee')
    return file === undefined ? undefined : readCommitteeFile(file)
  }

  async finish(id: string, file: CommitteeFile): Promise<void> {
    replaceFile(this.#pathOf(id, 'committee'), JSON.stringify(file))
  }

  #pathOf(id: string, name: string): string {
    if (!/^0x[0-9a-f]{64}$/.test(id)) throw new RangeError('no ceremony has such a name')
    return join(this.#dir, id, `${name}.json`)
  }

  async #read(id: string, name: string): Promise<unknown> {
    const path = this.#pathOf(id, name)
    try {
      return JSON.parse(await readFile(path, 'utf8')) as unknown
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new FileUnreadableError({ path, reason: 'it is no JSON' })
    }
  }
}

function encodeRun({ messages, ownDealing, closed }: Run): StoredRun {
  return {
    messages,
    ...(ownDealing === undefined
      ? {}
      : { ownDealing: { dealer: ownDealing.dealer, body: encodeDealing(ownDealing) } }),
    ...(closed === undefined ? {} : { closed }),
  }
}

function decodeRun({ idBytes }: AgreedCeremony, { messages, ownDealing, closed }: StoredRun): Run {
  return {
    messages,
    ...(ownDealing === undefined
      ? {}
      : {
          ownDealing: decodeDealing(ownDealing.body, {
            ceremony: idBytes,
            dealer: ownDealing.dealer,
          }),
        }),
    ...(closed === undefined ? {} : { closed }),
  }
}
