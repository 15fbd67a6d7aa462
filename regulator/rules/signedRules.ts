import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { type Hex, keccak256, recoverTypedDataAddress, type TypedDataDefinition } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { canonicalBytes } from '../../protocol/canonicalJson.ts'
import { readRulesDocument, RulesDocument } from './document.ts'
import { RulesRefusedError, RulesSignatureError } from './errors.ts'

export const SignedRules = Type.Object(
  {
    document: RulesDocument,
    signer: Type.String({ pattern: '^0x[0-9a-f]{40}$' }),
    signature: Type.String({ pattern: '^0x[0-9a-f]{130}$' }),
  },
  { additionalProperties: false },
)
export type SignedRules = Static<typeof SignedRules>

/** keccak256 of the document's canonical JSON (RFC 8785): what is signed, and what the log names. */
export function hashRules(document: RulesDocument): Hex {
  return keccak256(canonicalBytes(document))
}

/** @throws {RulesRefusedError} when the document is none. */
export async function signRules(value: unknown, account: LocalAccount): Promise<SignedRules> {
  const document = readRulesDocument(value)
  return {
    document,
    signer: account.address.toLowerCase(),
    signature: await account.signTypedData(typedData(document)),
  }
}

/**
 * A document with a signature by one of `trusted`, for this deployment.
 *
 * @throws {RulesRefusedError | RulesSignatureError}
 */
export async function readSignedRules(
  value: unknown,
  { trusted, chainId, rollup }: { trusted: readonly string[]; chainId: bigint; rollup: string },
): Promise<SignedRules> {
  if (typeof value !== 'object' || value === null || !('document' in value)) {
    throw new RulesRefusedError({ reason: 'it is not a signed document' })
  }
  const document = readRulesDocument(value.document)
  if (!Value.Check(SignedRules, value)) {
    throw new RulesRefusedError({ reason: 'its signature has not the form of one' })
  }
  if (document.chainId !== String(chainId) || document.rollup !== rollup.toLowerCase()) {
    throw new RulesRefusedError({ reason: 'it is for another deployment' })
  }
  const { signer, signature } = value
  const isTrusted = trusted.some((address) => address.toLowerCase() === signer)
  if (!isTrusted || (await recover(document, signature as Hex)) !== signer) {
    throw new RulesSignatureError({ signer })
  }
  return value
}

async function recover(document: RulesDocument, signature: Hex): Promise<string | undefined> {
  try {
    const address = await recoverTypedDataAddress({ ...typedData(document), signature })
    return address.toLowerCase()
  } catch {
    return undefined
  }
}

/** EIP-712, in the same domain as all that is signed for a deployment. */
function typedData(document: RulesDocument) {
  return {
    domain: {
      name: 'Cinnabar',
      version: '1',
      chainId: BigInt(document.chainId),
      verifyingContract: document.rollup as Hex,
    },
    types: {
      SupervisionRules: [
        { name: 'version', type: 'uint32' },
        { name: 'document', type: 'bytes32' },
      ],
    },
    primaryType: 'SupervisionRules',
    message: { version: document.version, document: hashRules(document) },
  } as const satisfies TypedDataDefinition
}
