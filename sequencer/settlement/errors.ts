import { TransferRefusedError } from '../admission/errors.ts'

/** Of what cannot be sealed again as it is: most transfers of such a batch wait again, and never see it. */
export class BatchVoidError extends TransferRefusedError {
  override readonly name = 'BatchVoidError'
  constructor() {
    super('The batch of the transfer could not be settled any more and is void.', {
      code: 'TX_BATCH_VOID',
      metaMessages: ['Submit it again, or build it again where it is refused.'],
    })
  }
}
