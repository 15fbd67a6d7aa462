// Submits one transaction and dies by SIGKILL at the moment it is told to, as in a power cut.
// Started by test/l1/submitTransaction.test.ts with its settings as JSON.
import { privateKeyToAccount } from 'viem/accounts'
import { createChainClient } from '../../l1/client.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { fileTransactionStore } from '../../l1/transactionStore.ts'

export type SubmitChildSettings = {
  rpcUrl: string
  chainId: number
  privateKey: `0x${string}`
  storePath: string
  purpose: string
  to: `0x${string}`
  value: string
  dieWhen: 'signed' | 'sent'
}

const settings = JSON.parse(process.argv[2] ?? '{}') as SubmitChildSettings
await submitTransaction({
  client: createChainClient({ rpcUrl: settings.rpcUrl }),
  account: privateKeyToAccount(settings.privateKey),
  store: fileTransactionStore(settings.storePath),
  purpose: settings.purpose,
  chainId: BigInt(settings.chainId),
  to: settings.to,
  value: BigInt(settings.value),
  pollMs: 20,
  onProgress: ({ stage }) => {
    if (stage === settings.dieWhen) process.kill(process.pid, 'SIGKILL')
  },
})
process.exitCode = 9
