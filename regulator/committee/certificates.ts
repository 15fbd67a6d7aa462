// @peculiar/x509 wires its parts with tsyringe, which wants this polyfill loaded before it.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { BasicConstraintsExtension, PemConverter, X509CertificateGenerator } from '@peculiar/x509'

/** A private key with the self-signed certificate that others pin, both PEM. */
export type TlsIdentity = { readonly privateKey: string; readonly certificate: string }

const ALGORITHM = { name: 'Ed25519' }
const YEARS_MS = 5 * 365 * 86_400_000

/**
 * A key of its own for TLS and its certificate, valid for five years. Nobody vouches for it: others take it from the member's
 * signed card, and trust this one certificate for this one member.
 */
export async function makeTlsIdentity(name: string, now = new Date()): Promise<TlsIdentity> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: [{ CN: [name] }],
    notBefore: now,
    notAfter: new Date(now.getTime() + YEARS_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    // It is its own authority, and none for another: OpenSSL takes it as a pinned root.
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  })
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    privateKey: PemConverter.encode(privateKey, 'PRIVATE KEY'),
    certificate: certificate.toString('pem'),
  }
}
