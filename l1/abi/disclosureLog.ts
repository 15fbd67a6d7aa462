// Generated from contracts/DisclosureLog.sol by `npm run generate`. Do not edit.
export const disclosureLogAbi = [
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
    name: 'AlreadyAnnounced',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'recordsHash',
        type: 'bytes32',
      },
    ],
  },
  {
    type: 'error',
    name: 'AlreadyApproved',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'AlreadyMarked',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'CallerNotRegistry',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'DeadlineAhead',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'deadline',
        type: 'uint64',
      },
    ],
  },
  {
    type: 'error',
    name: 'DeadlinePassed',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'deadline',
        type: 'uint64',
      },
    ],
  },
  {
    type: 'error',
    name: 'DestinationNotEmergency',
    inputs: [],
  },
  {
    type: 'error',
    name: 'DestinationOther',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'FilingInvalid',
    inputs: [],
  },
  {
    type: 'error',
    name: 'FourEyes',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'account',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'HashMissing',
    inputs: [],
  },
  {
    type: 'error',
    name: 'LimitExceeded',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'limit',
        type: 'uint32',
      },
      {
        name: 'opened',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'LogShrinks',
    inputs: [
      {
        name: 'length',
        type: 'uint64',
      },
      {
        name: 'newLength',
        type: 'uint64',
      },
    ],
  },
  {
    type: 'error',
    name: 'NotRatified',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'ratifyBy',
        type: 'uint64',
      },
    ],
  },
  {
    type: 'error',
    name: 'OrderInState',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'state',
        type: 'uint8',
      },
    ],
  },
  {
    type: 'error',
    name: 'OrderRefused',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'OrderUnknown',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'WindowInvalid',
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
    name: 'DestinationOrderUsed',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'LogAnchored',
    inputs: [
      {
        name: 'head',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'length',
        type: 'uint64',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OpeningsAnnounced',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'recordsHash',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'count',
        type: 'uint32',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderApproved',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'approver',
        type: 'address',
        indexed: false,
      },
      {
        name: 'asJudge',
        type: 'bool',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderAuthorised',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'executeBy',
        type: 'uint64',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderClosed',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderDisclosed',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'bundleHash',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'unsealBy',
        type: 'uint64',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderFiled',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'kind',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'isEmergency',
        type: 'bool',
        indexed: false,
      },
      {
        name: 'legalBasis',
        type: 'uint16',
        indexed: false,
      },
      {
        name: 'limit',
        type: 'uint32',
        indexed: false,
      },
      {
        name: 'caseHash',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'scopeHash',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'filer',
        type: 'address',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderOverdue',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'state',
        type: 'uint8',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderRatified',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderRejected',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'reasonHash',
        type: 'bytes32',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderUnsealed',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
      {
        name: 'noticeHash',
        type: 'bytes32',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OrderViolated',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
        indexed: true,
      },
    ],
  },
  {
    type: 'function',
    name: 'APPROVAL_WINDOW',
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
    name: 'EXECUTION_WINDOW',
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
    name: 'RATIFICATION_WINDOW',
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
    name: 'REGISTRY',
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
    name: 'UNSEAL_WINDOW',
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
    name: 'anchorLog',
    inputs: [
      {
        name: 'head',
        type: 'bytes32',
      },
      {
        name: 'length',
        type: 'uint64',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'announceOpenings',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'recordsHash',
        type: 'bytes32',
      },
      {
        name: 'count',
        type: 'uint32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'approveAsJudge',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'approveAsReviewer',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
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
    name: 'close',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'counters',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'filed',
            type: 'uint64',
          },
          {
            name: 'emergencies',
            type: 'uint64',
          },
          {
            name: 'authorised',
            type: 'uint64',
          },
          {
            name: 'rejected',
            type: 'uint64',
          },
          {
            name: 'disclosed',
            type: 'uint64',
          },
          {
            name: 'overdue',
            type: 'uint64',
          },
          {
            name: 'violations',
            type: 'uint64',
          },
          {
            name: 'recordsOpened',
            type: 'uint64',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'destinationScope',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'oldLeaf',
        type: 'uint256',
      },
      {
        name: 'newLeaf',
        type: 'uint256',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'bytes32',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'disclose',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'bundleHash',
        type: 'bytes32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'file',
    inputs: [
      {
        name: 'filing',
        type: 'tuple',
        components: [
          {
            name: 'kind',
            type: 'uint8',
          },
          {
            name: 'isEmergency',
            type: 'bool',
          },
          {
            name: 'legalBasis',
            type: 'uint16',
          },
          {
            name: 'limit',
            type: 'uint32',
          },
          {
            name: 'caseHash',
            type: 'bytes32',
          },
          {
            name: 'scopeHash',
            type: 'bytes32',
          },
        ],
      },
    ],
    outputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'isAnnounced',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'recordsHash',
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
    name: 'isExecutable',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
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
    name: 'lapse',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'markOverdue',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'markViolation',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'orderAt',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'state',
            type: 'uint8',
          },
          {
            name: 'kind',
            type: 'uint8',
          },
          {
            name: 'isEmergency',
            type: 'bool',
          },
          {
            name: 'isOverdue',
            type: 'bool',
          },
          {
            name: 'isViolation',
            type: 'bool',
          },
          {
            name: 'isRefused',
            type: 'bool',
          },
          {
            name: 'legalBasis',
            type: 'uint16',
          },
          {
            name: 'limit',
            type: 'uint32',
          },
          {
            name: 'opened',
            type: 'uint32',
          },
          {
            name: 'deadline',
            type: 'uint64',
          },
          {
            name: 'ratifyBy',
            type: 'uint64',
          },
          {
            name: 'filer',
            type: 'address',
          },
          {
            name: 'reviewer',
            type: 'address',
          },
          {
            name: 'judge',
            type: 'address',
          },
          {
            name: 'caseHash',
            type: 'bytes32',
          },
          {
            name: 'scopeHash',
            type: 'bytes32',
          },
          {
            name: 'bundleHash',
            type: 'bytes32',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'orderCount',
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
    name: 'rejectAsJudge',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'reasonHash',
        type: 'bytes32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'rejectAsReviewer',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'reasonHash',
        type: 'bytes32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
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
    name: 'unseal',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'noticeHash',
        type: 'bytes32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'useDestinationOrder',
    inputs: [
      {
        name: 'order',
        type: 'uint256',
      },
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'oldLeaf',
        type: 'uint256',
      },
      {
        name: 'newLeaf',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
] as const
