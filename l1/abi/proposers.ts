// Generated from contracts/Proposers.sol by `npm run generate`. Do not edit.
export const proposersAbi = [
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
    name: 'AlreadyOpen',
    inputs: [],
  },
  {
    type: 'error',
    name: 'AlreadyWaiting',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'BondTooLow',
    inputs: [
      {
        name: 'required',
        type: 'uint256',
      },
      {
        name: 'bond',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'BreachOngoing',
    inputs: [
      {
        name: 'breach',
        type: 'uint8',
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
    name: 'ClosingDue',
    inputs: [],
  },
  {
    type: 'error',
    name: 'ClosingNotAnnounced',
    inputs: [],
  },
  {
    type: 'error',
    name: 'ClosingTooSoon',
    inputs: [
      {
        name: 'closableAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'CoolingDown',
    inputs: [
      {
        name: 'availableAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'LeaseNotHeld',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
      {
        name: 'holder',
        type: 'address',
      },
      {
        name: 'endsAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'LeaseRunning',
    inputs: [
      {
        name: 'holder',
        type: 'address',
      },
      {
        name: 'endsAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'NoBond',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'NoBreach',
    inputs: [],
  },
  {
    type: 'error',
    name: 'NobodyWaits',
    inputs: [],
  },
  {
    type: 'error',
    name: 'NotOpen',
    inputs: [],
  },
  {
    type: 'error',
    name: 'NotWaiting',
    inputs: [
      {
        name: 'proposer',
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
    name: 'ReentrancyGuardReentrantCall',
    inputs: [],
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
    name: 'Closed',
    inputs: [],
  },
  {
    type: 'event',
    name: 'ClosingAnnounced',
    inputs: [
      {
        name: 'closableAt',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'ClosingCancelled',
    inputs: [],
  },
  {
    type: 'event',
    name: 'Joined',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'place',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'bond',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'LeaseEnded',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'hasProgress',
        type: 'bool',
        indexed: false,
      },
      {
        name: 'forfeited',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'LeaseStarted',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'endsAt',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'Left',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'Opened',
    inputs: [
      {
        name: 'breach',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'by',
        type: 'address',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'Posted',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'bond',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'Skipped',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
        indexed: true,
      },
      {
        name: 'required',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'bond',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'Withdrawn',
    inputs: [
      {
        name: 'proposer',
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
    name: 'BOND',
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
    name: 'CLOSE_NOTICE',
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
    name: 'CLOSE_WINDOW',
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
    name: 'COOL_DOWN',
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
    name: 'FORCED_QUEUE',
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
    name: 'LEASE_TIME',
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
    name: 'LIVENESS_GAP',
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
    name: 'MAX_DOUBLINGS',
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
    name: 'advance',
    inputs: [],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'aliveAt',
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
    name: 'announceClosing',
    inputs: [],
    outputs: [],
    stateMutability: 'nonpayable',
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
    name: 'authorize',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
    ],
    outputs: [
      {
        name: 'isLeased',
        type: 'bool',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'breach',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint8',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'cancelClosing',
    inputs: [],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'closableAt',
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
    name: 'close',
    inputs: [],
    outputs: [],
    stateMutability: 'nonpayable',
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
    name: 'isOpen',
    inputs: [],
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
    name: 'join',
    inputs: [],
    outputs: [],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    name: 'lease',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'holder',
            type: 'address',
          },
          {
            name: 'endsAt',
            type: 'uint40',
          },
          {
            name: 'hasProgress',
            type: 'bool',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'line',
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
    name: 'maySettle',
    inputs: [
      {
        name: 'account',
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
    name: 'open',
    inputs: [],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'post',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    name: 'proposerOf',
    inputs: [
      {
        name: 'proposer',
        type: 'address',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'bond',
            type: 'uint128',
          },
          {
            name: 'availableAt',
            type: 'uint40',
          },
          {
            name: 'isWaiting',
            type: 'bool',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'quit',
    inputs: [],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'requiredBond',
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
    name: 'withdraw',
    inputs: [
      {
        name: 'to',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
] as const
