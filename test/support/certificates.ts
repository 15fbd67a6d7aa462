// @peculiar/x509 wires its parts with tsyringe, which wants this polyfill loaded before it.
import 'reflect-metadata'
import { createHash, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export type Issued = {
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string
}
export type Authority = Issued & {
  issue(name: string, options?: { notAfter?: Date }): Promise<Issued>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signing = { ...algorithm, hash: 'SHA-256' } as const
/** A year around now. */
const yearAround = () => ({
  notBefore: new Date(Date.now() - 86_400_000),
  notAfter: new Date(Date.now() + 364 * 86_400_000),
})
let serial = 0

/** An authority that issues certificates for loopback servers and for clients. */
export async function anAuthority(name: string): Promise<Authority> {
  const keys = await generate()
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...yearAround(),
      ...{ serialNumber: nextSerial(), name: `CN=${name}`, keys, signingAlgorithm: signing },
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    },
    webcrypto as Crypto,
  )
  return {
    ...(await toIssued(root, keys)),
    async issue(subject, { notAfter } = {}) {
      const own = await generate()
      const certificate = await x509.X509CertificateGenerator.create(
        {
          ...yearAround(),
          ...(notAfter === undefined ? {} : { notAfter }),
          ...{ serialNumber: nextSerial(), subject: `CN=${subject}`, issuer: root.subject },
          ...{ publicKey: own.publicKey, signingKey: keys.privateKey, signingAlgorithm: signing },
          extensions: [
            new x509.SubjectAlternativeNameExtension([
              { type: 'ip', value: '127.0.0.1' },
              { type: 'dns', value: 'localhost' },
            ]),
          ],
        },
        webcrypto as Crypto,
      )
      return toIssued(certificate, own)
    },
  }
}

function generate(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ]) as unknown as Promise<CryptoKeyPair>
}

function nextSerial(): string {
  serial += 1
  return serial.toString(16).padStart(4, '0')
}

async function toIssued(
  certificate: x509.X509Certificate,
  { privateKey }: CryptoKeyPair,
): Promise<Issued> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey as never))
  const body = pkcs8.toString('base64').replace(/(.{64})/g, '$1\n')
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    fingerprint: createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex'),
  }
}
