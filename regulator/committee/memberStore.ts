import { join } from 'node:path'
import { sha256 } from '@noble/hashes/sha2.js'
import { type CurvePoint, mulBase8 } from '../../protocol/babyjubjub.ts'
import type { PossessionNonces } from '../../protocol/committee/possession.ts'
import { randomScalar } from '../../protocol/committee/scalars.ts'
import { bytesToHex, concatBytes, fieldToBytes } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import { SealedFolder } from '../sealedFolder.ts'
import { makeTlsIdentity, type TlsIdentity } from './certificates.ts'
import type { CommitteeFile } from './committeeFile.ts'
import { signingKeyOf } from './signedJson.ts'

/** Who a member is; lasts through all ceremonies. */
export type MemberIdentity = {
  readonly name: string
  /** Ed25519, 32 bytes. */
  readonly signingSecret: Uint8Array
  readonly tls: TlsIdentity
}

/** A share of an audit key, with everything needed to use it. */
export type HeldShare = {
  readonly file: CommitteeFile
  /** This member's index in the committee. */
  readonly member: number
  /** {scalar} */
  readonly share: bigint
}

/** Nonces of a session that is under way, and whom they are for. */
export type WaitingNonces = {
  /** Who began it, by the service's name for a caller. */
  readonly caller: string
  /** Of the share that they are used with. */
  readonly transcript: string
  readonly nonces: PossessionNonces
}

type StoredIdentity = { name: string; signingSecret: string; tls: TlsIdentity }

const IDENTITY = 'identity'

/**
 * A member's secrets, under its passphrase: identity, keys prepared for ceremonies, shares, and nonces that wait to be used.
 *
 * A key that shares are sealed to serves one ceremony and is destroyed as soon as the share is kept: the ceremony's messages
 * are in many hands, and with that key they would give the share again after it was destroyed.
 */
export class MemberStore {
  readonly dir: string
  readonly identity: MemberIdentity
  readonly #secrets: SealedFolder

  private constructor(dir: string, secrets: SealedFolder, identity: MemberIdentity) {
    this.dir = dir
    this.#secrets = secrets
    this.identity = identity
  }

  static async create(
    dir: string,
    passphrase: string,
    { name, randomBytes }: { name: string; randomBytes: RandomBytes },
  ): Promise<MemberStore> {
    const identity = {
      name,
      signingSecret: randomBytes(32),
      tls: await makeTlsIdentity(name),
    }
    const folder = await SealedFolder.create(secretsOf(dir), passphrase, {
      name: IDENTITY,
      value: store(identity),
    })
    return new MemberStore(dir, folder, identity)
  }

  /** @throws {FileUnreadableError | WrongPassphraseError} */
  static async open(dir: string, passphrase: string): Promise<MemberStore> {
    const folder = await SealedFolder.open(secretsOf(dir), passphrase, IDENTITY)
    const stored = (await folder.read<StoredIdentity>(IDENTITY))!
    return new MemberStore(dir, folder, {
      ...stored,
      signingSecret: Uint8Array.from(Buffer.from(stored.signingSecret.slice(2), 'hex')),
    })
  }

  get signingKey(): `0x${string}` {
    return signingKeyOf(this.identity.signingSecret)
  }

  /** One process at a time answers for a member. @throws {FolderInUseError} */
  lock(): () => void {
    return this.#secrets.lock()
  }

  /** A new TLS key; the card must be handed out again. */
  async renewCertificate(): Promise<MemberStore> {
    const identity = { ...this.identity, tls: await makeTlsIdentity(this.identity.name) }
    await this.#secrets.write(IDENTITY, store(identity))
    return new MemberStore(this.dir, this.#secrets, identity)
  }

  /** A fresh key for one ceremony. */
  async prepareKey(randomBytes: RandomBytes): Promise<CurvePoint> {
    const encryptionSecret = randomScalar(randomBytes)
    const encryptionKey = mulBase8(encryptionSecret)
    await this.#secrets.write(preparedName(encryptionKey), { encryptionSecret })
    return encryptionKey
  }

  async preparedSecret(encryptionKey: CurvePoint): Promise<bigint | undefined> {
    const prepared = await this.#secrets.read<{ encryptionSecret: bigint }>(
      preparedName(encryptionKey),
    )
    return prepared?.encryptionSecret
  }

  destroyPrepared(encryptionKey: CurvePoint): Promise<boolean> {
    return this.#secrets.destroy(preparedName(encryptionKey))
  }

  async keepShare(held: HeldShare): Promise<void> {
    await this.#secrets.write(shareName(held.file), held)
  }

  async shares(): Promise<HeldShare[]> {
    const names = await this.#secrets.list('share-')
    const shares = await Promise.all(names.map((name) => this.#secrets.read<HeldShare>(name)))
    return shares.filter((share) => share !== undefined)
  }

  async shareOf(transcript: string): Promise<HeldShare | undefined> {
    return this.#secrets.read<HeldShare>(shareName({ transcript }))
  }

  destroyShare(file: Pick<CommitteeFile, 'transcript'>): Promise<boolean> {
    return this.#secrets.destroy(shareName(file))
  }

  async keepNonces(session: string, waiting: WaitingNonces): Promise<void> {
    await this.#secrets.write(noncesName(session), waiting)
  }

  /** To look whose they are: only `takeNonces` gives them out for use. */
  async waitingNonces(session: string): Promise<WaitingNonces | undefined> {
    return this.#secrets.read<WaitingNonces>(noncesName(session))
  }

  /** The nonces of a session, once, however many ask at once: they are destroyed before anybody can use them. */
  async takeNonces(session: string): Promise<PossessionNonces | undefined> {
    return (await this.#secrets.take<WaitingNonces>(noncesName(session)))?.nonces
  }

  /** What a crash left of nonces that were taken. */
  destroyTaken(): Promise<void> {
    return this.#secrets.destroyTaken()
  }
}

function secretsOf(dir: string): string {
  return join(dir, 'secrets')
}

function store({ name, signingSecret, tls }: MemberIdentity): StoredIdentity {
  return { name, signingSecret: bytesToHex(signingSecret), tls }
}

function preparedName({ x, y }: CurvePoint): string {
  return `prepared-${bytesToHex(sha256(concatBytes(fieldToBytes(x), fieldToBytes(y)))).slice(2)}`
}

function noncesName(session: string): string {
  return `nonces-${session}`
}

/** By transcript: after a handing over the same key has other shares. */
function shareName({ transcript }: Pick<CommitteeFile, 'transcript'>): string {
  return `share-${transcript.slice(2)}`
}
