// Generated from contracts/ForcedQueue.sol by `npm run generate`. Do not edit.
export const forcedQueueAbi = [
  {
    type: 'error',
    name: 'AccessManagedInvalidAuthority',
    inputs: [
      {
        name: 'authority',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'AccessManagedRequiredDelay',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
      {
        name: 'delay',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'AccessManagedUnauthorized',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'AmountZero',
    inputs: [],
  },
  {
    type: 'error',
    name: 'AnchorNotSettled',
    inputs: [
      {
        name: 'anchorBatch',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'CallerNotRollup',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'ContextUnknown',
    inputs: [
      {
        name: 'context',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DataLengthWrong',
    inputs: [
      {
        name: 'expected',
        type: 'uint256',
      },
      {
        name: 'actual',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DayInFuture',
    inputs: [
      {
        name: 'day',
        type: 'uint256',
      },
      {
        name: 'today',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DayOutdated',
    inputs: [
      {
        name: 'day',
        type: 'uint256',
      },
      {
        name: 'earliest',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DeploymentInconsistent',
    inputs: [
      {
        name: 'subject',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'EntryFeeTooHigh',
    inputs: [
      {
        name: 'limit',
        type: 'uint256',
      },
      {
        name: 'baseEntryFee',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'EntryFeeTooLow',
    inputs: [
      {
        name: 'expected',
        type: 'uint256',
      },
      {
        name: 'actual',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'FeeTooHigh',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
      {
        name: 'amount',
        type: 'uint256',
      },
      {
        name: 'maxFee',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ForcedKindWrong',
    inputs: [
      {
        name: 'id',
        type: 'uint256',
      },
      {
        name: 'kind',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ForcedWordsWrong',
    inputs: [
      {
        name: 'id',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'IdentityVersionOutdated',
    inputs: [
      {
        name: 'version',
        type: 'uint256',
      },
      {
        name: 'supersededAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'NullifierZero',
    inputs: [],
  },
  {
    type: 'error',
    name: 'PaymentRefused',
    inputs: [
      {
        name: 'to',
        type: 'address',
      },
      {
        name: 'amount',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'PolicyVersionOutdated',
    inputs: [
      {
        name: 'version',
        type: 'uint256',
      },
      {
        name: 'supersededAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ProofInvalid',
    inputs: [],
  },
  {
    type: 'error',
    name: 'ReentrancyGuardReentrantCall',
    inputs: [],
  },
  {
    type: 'error',
    name: 'SlotKindUnknown',
    inputs: [
      {
        name: 'kind',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'TimesInvalid',
    inputs: [
      {
        name: 'settleWindow',
        type: 'uint256',
      },
      {
        name: 'dueDelay',
        type: 'uint256',
      },
      {
        name: 'deadline',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'WordNotCanonical',
    inputs: [
      {
        name: 'word',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'event',
    name: 'AuthorityUpdated',
    inputs: [
      {
        name: 'authority',
        type: 'address',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'BaseEntryFeeChanged',
    inputs: [
      {
        name: 'baseEntryFee',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'EntryFeesPaid',
    inputs: [
      {
        name: 'to',
        type: 'address',
        indexed: true,
      },
      {
        name: 'amount',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'ForcedTransferConsumed',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'isLive',
        type: 'bool',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'ForcedTransferQueued',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'statementId',
        type: 'bytes32',
        indexed: true,
      },
      {
        name: 'nullifier',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'queuedAt',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'dueAt',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'deadline',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'wasCurrent',
        type: 'bool',
        indexed: false,
      },
      {
        name: 'data',
        type: 'bytes',
        indexed: false,
      },
    ],
  },
  {
    type: 'function',
    name: 'CLOCK',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'DEADLINE',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'DEADLINE_SPACING',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'DUE_DELAY',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'FEE_STEP',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'IDENTITIES',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'MAX_BASE_ENTRY_FEE',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'POLICIES',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'ROLLUP',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'SETTLE_WINDOW',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'SUPERVISION',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'VAULT',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'VERIFIERS',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'authority',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'consume',
    inputs: [
      {
        name: 'words',
        type: 'uint256[]',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'enter',
    inputs: [
      {
        name: 'data',
        type: 'bytes',
      },
    ],
    outputs: [
      {
        name: 'id',
        type: 'uint64',
      },
    ],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    name: 'entryFee',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'entryOf',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'wordsHash',
            type: 'uint256',
          },
          {
            name: 'statementId',
            type: 'bytes32',
          },
          {
            name: 'kind',
            type: 'uint8',
          },
          {
            name: 'queuedAt',
            type: 'uint64',
          },
          {
            name: 'dueAt',
            type: 'uint64',
          },
          {
            name: 'deadline',
            type: 'uint64',
          },
          {
            name: 'consumedAt',
            type: 'uint64',
          },
          {
            name: 'wasCurrent',
            type: 'bool',
          },
          {
            name: 'status',
            type: 'uint8',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'headDeadline',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint64',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'isConsumingScheduledOp',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'bytes4',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'payEntryFees',
    inputs: [
      {
        name: 'to',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'pendingAt',
    inputs: [
      {
        name: 'time',
        type: 'uint256',
      },
    ],
    outputs: [
      {
        name: 'head',
        type: 'uint256',
      },
      {
        name: 'tail',
        type: 'uint256',
      },
      {
        name: 'dueCount',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'queue',
    inputs: [],
    outputs: [
      {
        name: 'head',
        type: 'uint64',
      },
      {
        name: 'tail',
        type: 'uint64',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'setAuthority',
    inputs: [
      {
        name: 'newAuthority',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'setBaseEntryFee',
    inputs: [
      {
        name: 'baseEntryFee',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
] as const
