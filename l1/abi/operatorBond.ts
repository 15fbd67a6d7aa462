// Generated from contracts/OperatorBond.sol by `npm run generate`. Do not edit.
export const operatorBondAbi = [
  {
    type: 'error',
    name: 'AbsenceInvalid',
    inputs: [
      {
        name: 'nullifier',
        type: 'uint256',
      },
      {
        name: 'nullifierRoot',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'AlreadyClaimed',
    inputs: [
      {
        name: 'statementId',
        type: 'bytes32',
      },
    ],
  },
  {
    type: 'error',
    name: 'AlreadyLeaving',
    inputs: [
      {
        name: 'withdrawableAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'AlreadyRegistered',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'BlobNotCreated',
    inputs: [],
  },
  {
    type: 'error',
    name: 'BondExhausted',
    inputs: [
      {
        name: 'required',
        type: 'uint256',
      },
      {
        name: 'amount',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'CallerNotOwner',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
      {
        name: 'owner',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'ConsentInvalid',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
      {
        name: 'owner',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'DayNotHeld',
    inputs: [
      {
        name: 'day',
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
    name: 'EntryOfAnother',
    inputs: [
      {
        name: 'expected',
        type: 'bytes32',
      },
      {
        name: 'actual',
        type: 'bytes32',
      },
    ],
  },
  {
    type: 'error',
    name: 'EntryTooSoon',
    inputs: [
      {
        name: 'settleBy',
        type: 'uint256',
      },
      {
        name: 'queuedAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'EntryUnknown',
    inputs: [
      {
        name: 'entryId',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'NotLeaving',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'NotRegistered',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'ParametersInvalid',
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
    name: 'PoseidonConstantsWrong',
    inputs: [
      {
        name: 'hash',
        type: 'bytes32',
      },
    ],
  },
  {
    type: 'error',
    name: 'PoseidonInputNotCanonical',
    inputs: [
      {
        name: 'word',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'PossessionNotProved',
    inputs: [],
  },
  {
    type: 'error',
    name: 'PromiseMissing',
    inputs: [],
  },
  {
    type: 'error',
    name: 'ReceiptInvalid',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'ReentrancyGuardReentrantCall',
    inputs: [],
  },
  {
    type: 'error',
    name: 'StatementWrong',
    inputs: [
      {
        name: 'expected',
        type: 'bytes32',
      },
      {
        name: 'actual',
        type: 'bytes32',
      },
    ],
  },
  {
    type: 'error',
    name: 'VersionNotHeld',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
      },
      {
        name: 'publishedAt',
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
    name: 'VersionWrong',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
      },
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
    name: 'WithdrawalTooSoon',
    inputs: [
      {
        name: 'withdrawableAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'event',
    name: 'Claimed',
    inputs: [
      {
        name: 'statementId',
        type: 'bytes32',
        indexed: true,
      },
      {
        name: 'sequencer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'payee',
        type: 'address',
        indexed: false,
      },
      {
        name: 'paid',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'Forced',
    inputs: [
      {
        name: 'entryId',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'nullifierRoot',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'Posted',
    inputs: [
      {
        name: 'sequencer',
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
    name: 'Registered',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'owner',
        type: 'address',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'WithdrawalAnnounced',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'withdrawableAt',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'WithdrawalCancelled',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'Withdrawn',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'to',
        type: 'address',
        indexed: false,
      },
      {
        name: 'amount',
        type: 'uint256',
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
    name: 'FORCED',
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
    name: 'HOLD_TIME',
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
    name: 'MIN_BOND',
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
    name: 'NOTICE',
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
    name: 'PAYOUT',
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
    name: 'PROMISE_TIME',
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
    name: 'announceWithdrawal',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'bondOf',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'owner',
            type: 'address',
          },
          {
            name: 'amount',
            type: 'uint128',
          },
          {
            name: 'withdrawableAt',
            type: 'uint64',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'cancelWithdrawal',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'claim',
    inputs: [
      {
        name: 'claim_',
        type: 'tuple',
        components: [
          {
            name: 'receipt',
            type: 'tuple',
            components: [
              {
                name: 'statementId',
                type: 'bytes32',
              },
              {
                name: 'admittedAt',
                type: 'uint64',
              },
              {
                name: 'settleBy',
                type: 'uint64',
              },
              {
                name: 'sequencer',
                type: 'address',
              },
              {
                name: 'signature',
                type: 'bytes',
              },
            ],
          },
          {
            name: 'statement',
            type: 'bytes',
          },
          {
            name: 'entryId',
            type: 'uint64',
          },
          {
            name: 'identityVersion',
            type: 'uint64',
          },
          {
            name: 'policyVersion',
            type: 'uint64',
          },
          {
            name: 'absence',
            type: 'tuple',
            components: [
              {
                name: 'from',
                type: 'uint256',
              },
              {
                name: 'to',
                type: 'uint256',
              },
              {
                name: 'leafIndex',
                type: 'uint64',
              },
              {
                name: 'siblings',
                type: 'uint256[51]',
              },
            ],
          },
          {
            name: 'possession',
            type: 'tuple',
            components: [
              {
                name: 'r',
                type: 'uint256[2]',
              },
              {
                name: 's',
                type: 'uint256',
              },
            ],
          },
          {
            name: 'payee',
            type: 'address',
          },
        ],
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'force',
    inputs: [
      {
        name: 'data',
        type: 'bytes',
      },
    ],
    outputs: [
      {
        name: 'entryId',
        type: 'uint64',
      },
    ],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    name: 'forfeitedTotal',
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
    name: 'isBonded',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'bool',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'isClaimed',
    inputs: [
      {
        name: 'statementId',
        type: 'bytes32',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'bool',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'nullifierRootOf',
    inputs: [
      {
        name: 'entryId',
        type: 'uint64',
      },
    ],
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
    name: 'possessionChallenge',
    inputs: [
      {
        name: 'statementId',
        type: 'bytes32',
      },
      {
        name: 'payee',
        type: 'address',
      },
      {
        name: 'ephemeral',
        type: 'uint256[2]',
      },
      {
        name: 'r',
        type: 'uint256[2]',
      },
    ],
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
    name: 'post',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    name: 'register',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
      {
        name: 'consent',
        type: 'bytes',
      },
    ],
    outputs: [],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    name: 'withdraw',
    inputs: [
      {
        name: 'sequencer',
        type: 'address',
      },
      {
        name: 'to',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
] as const
