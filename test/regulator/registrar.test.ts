import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { IdentityAcceptance, IdentityOffer, IdentityRequest } from '../../api/identityFiles.ts'
import { packPoint } from '../../protocol/babyjubjub.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import { hashDestination, hashIdentity, type Identity } from '../../protocol/identity.ts'
import { deriveKeys, deriveTracePoint } from '../../protocol/keys.ts'
import {
  admitEntry,
  changedIdentity,
  checkAcceptance,
  initialRegistrarState,
  offerIdentity,
} from '../../regulator/registrar.ts'
import { createSealedFile, openSealedFile } from '../../regulator/sealedFile.ts'
import '../support/lightPassphrases.ts'

const DOMAIN = 12_345n
const keys = deriveKeys(new Uint8Array(64).fill(7), DOMAIN)
const terms = { tier: 2, jurisdiction: 156, expiryDay: 30_000, reference: 'file 17' }
const random = (length: number): Uint8Array => randomBytes(length)

function aRequest(overrides: Partial<IdentityRequest> = {}): IdentityRequest {
  return {
    type: 'cinnabar.identity-request',
    version: 1,
    network: 'tcnb',
    domain: formatField(DOMAIN),
    ownerKey: formatField(keys.ownerKey),
    spendingPublicKey: bytesToHex(packPoint(keys.spendingPublicKey)),
    viewingPublicKey: bytesToHex(packPoint(keys.viewingPublicKey)),
    destination: { kind: 'address', address: '0x00000000000000000000000000000000000000ff' },
    ...overrides,
  }
}

function anAcceptance(offer: IdentityOffer): IdentityAcceptance {
  const tracePoint = deriveTracePoint(keys.nullifierKey, {
    ownerKey: keys.ownerKey,
    identityIndex: BigInt(offer.index),
  })
  const identity: Identity = {
    ownerKey: keys.ownerKey,
    tier: BigInt(offer.tier),
    jurisdiction: BigInt(offer.jurisdiction),
    expiryDay: BigInt(offer.expiryDay),
    status: BigInt(offer.status),
    suspendedUntil: 0n,
    destination: hashDestination({ kind: 'address', address: 255n }),
    tracePoint,
    salt: BigInt(offer.salt),
  }
  return {
    type: 'cinnabar.identity-acceptance',
    version: 1,
    domain: offer.domain,
    index: offer.index,
    identity: {
      ownerKey: formatField(identity.ownerKey),
      tier: offer.tier,
      jurisdiction: offer.jurisdiction,
      expiryDay: offer.expiryDay,
      status: offer.status,
      destination: formatField(identity.destination),
      tracePoint: { x: formatField(tracePoint.x), y: formatField(tracePoint.y) },
      salt: offer.salt,
    },
    leaf: formatField(hashIdentity(identity)),
    proof: [],
    publicInputs: [],
  }
}

describe('registrar', () => {
  test('default: request, offer, acceptance, admission', () => {
    const offered = offerIdentity(initialRegistrarState(DOMAIN), {
      request: aRequest(),
      terms,
      randomBytes: random,
    })
    assert.equal(offered.offer.index, 1)
    const identity = checkAcceptance(offered.state, anAcceptance(offered.offer))
    const admitted = admitEntry(offered.state, { index: 1, identity })
    const { old, next } = changedIdentity(admitted, {
      index: 1,
      change: { suspendedUntil: 20_800 },
    })
    assert.equal(old.suspendedUntil, 0n)
    assert.equal(next.suspendedUntil, 20_800n)
    assert.equal(next.status, old.status)
    assert.equal(next.destination, old.destination)
    assert.deepEqual(next.tracePoint, old.tracePoint)
    assert.equal(next.salt, old.salt)
  })

  test('rejects: a second index for the same owner key', () => {
    const { state } = offerIdentity(initialRegistrarState(DOMAIN), {
      request: aRequest(),
      terms,
      randomBytes: random,
    })
    assert.throws(() => offerIdentity(state, { request: aRequest(), terms, randomBytes: random }), {
      code: 'REGISTRAR_OWNER_KNOWN',
    })
  })

  test('rejects: a request for another deployment', () => {
    assert.throws(
      () =>
        offerIdentity(initialRegistrarState(1n), {
          request: aRequest(),
          terms,
          randomBytes: random,
        }),
      { code: 'REGULATOR_WRONG_DEPLOYMENT' },
    )
  })

  test('rejects: a low-order public key in a request', () => {
    const lowOrder = bytesToHex(
      packPoint({
        x: 0n,
        y: 21888242871839275222246405745257275088548364400416034343698204186575808495616n,
      }),
    )
    assert.throws(
      () =>
        offerIdentity(initialRegistrarState(DOMAIN), {
          request: aRequest({ spendingPublicKey: lowOrder }),
          terms,
          randomBytes: random,
        }),
      { code: 'POINT_INVALID' },
    )
  })

  const changes: [string, (acceptance: IdentityAcceptance) => IdentityAcceptance][] = [
    ['tier', (a) => ({ ...a, identity: { ...a.identity, tier: 9 } })],
    ['jurisdiction', (a) => ({ ...a, identity: { ...a.identity, jurisdiction: 1 } })],
    ['expiry day', (a) => ({ ...a, identity: { ...a.identity, expiryDay: 65_535 } })],
    ['status', (a) => ({ ...a, identity: { ...a.identity, status: 3 } })],
    ['salt', (a) => ({ ...a, identity: { ...a.identity, salt: formatField(1n) } })],
    ['destination', (a) => ({ ...a, identity: { ...a.identity, destination: formatField(1n) } })],
    ['leaf', (a) => ({ ...a, leaf: formatField(1n) })],
  ]
  for (const [field, change] of changes) {
    test(`rejects: an acceptance that changes the ${field}`, () => {
      const { state, offer } = offerIdentity(initialRegistrarState(DOMAIN), {
        request: aRequest(),
        terms,
        randomBytes: random,
      })
      assert.throws(() => checkAcceptance(state, change(anAcceptance(offer))), {
        code: 'REGISTRAR_ACCEPTANCE_MISMATCH',
        message: new RegExp(`Differs in: ${field}`),
      })
    })
  }

  test('behavior: the same acceptance again gives the same leaf: a reorg may have taken the update back', () => {
    const { state, offer } = offerIdentity(initialRegistrarState(DOMAIN), {
      request: aRequest(),
      terms,
      randomBytes: random,
    })
    const acceptance = anAcceptance(offer)
    const identity = checkAcceptance(state, acceptance)
    const admitted = admitEntry(state, { index: 1, identity })
    assert.deepEqual(checkAcceptance(admitted, acceptance), identity)
  })

  test('rejects: an acceptance of an index that was admitted and changed since', () => {
    const { state, offer } = offerIdentity(initialRegistrarState(DOMAIN), {
      request: aRequest(),
      terms,
      randomBytes: random,
    })
    const acceptance = anAcceptance(offer)
    const identity = checkAcceptance(state, acceptance)
    const changed = { ...identity, tier: identity.tier + 1n }
    const admitted = admitEntry(state, { index: 1, identity: changed })
    assert.throws(() => checkAcceptance(admitted, acceptance), {
      code: 'REGISTRAR_IDENTITY_STATE',
    })
  })
})

describe('sealed files', () => {
  test('default: the value comes back, nothing of it is readable, only the owner may read', async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'cinnabar-'))
    t.after(() => rm(dir, { recursive: true }))
    const path = join(dir, 'registrar.json')
    const file = await createSealedFile(path, 'correct horse', {
      secret: 987_654_321n,
      name: 'Ada',
    })
    await file.write({ secret: 987_654_322n, name: 'Ada' })
    const text = await readFile(path, 'utf8')
    assert.ok(!text.includes('Ada') && !text.includes('98765432'))
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const opened = await openSealedFile(path, 'correct horse')
    assert.deepEqual(opened.value, { secret: 987_654_322n, name: 'Ada' })
    await assert.rejects(openSealedFile(path, 'wrong horse'), { code: 'PASSPHRASE_WRONG' })
    await writeFile(path, text.replace(/"ciphertext":"0x../, '"ciphertext":"0x00'))
    await assert.rejects(openSealedFile(path, 'correct horse'), { code: 'PASSPHRASE_WRONG' })
    await assert.rejects(openSealedFile(join(dir, 'none'), 'x'), {
      code: 'REGULATOR_FILE_UNREADABLE',
    })
  })
})
