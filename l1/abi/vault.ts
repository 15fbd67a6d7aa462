// Generated from contracts/Vault.sol by `npm run generate`. Do not edit.
export const vaultAbi = [
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
    name: 'AddressScreened',
    inputs: [
      {
        name: 'account',
        type: 'address',
      },
      {
        name: 'reason',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'AmountNotWholeUnits',
    inputs: [
      {
        name: 'baseAmount',
        type: 'uint256',
      },
      {
        name: 'unit',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'AmountTooLarge',
    inputs: [
      {
        name: 'units',
        type: 'uint256',
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
    name: 'AssetClosed',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'AssetListedBefore',
    inputs: [
      {
        name: 'token',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'AssetUnknown',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'CallerNotDepositor',
    inputs: [
      {
        name: 'caller',
        type: 'address',
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
    name: 'CiphertextLengthWrong',
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
    name: 'DeadlineNotReached',
    inputs: [
      {
        name: 'deadline',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DepositNotTakeable',
    inputs: [
      {
        name: 'id',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DepositOutOfOrder',
    inputs: [
      {
        name: 'expectedFrom',
        type: 'uint256',
      },
      {
        name: 'id',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DepositOverdue',
    inputs: [
      {
        name: 'id',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DepositSkipped',
    inputs: [
      {
        name: 'id',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DepositStatusWrong',
    inputs: [
      {
        name: 'id',
        type: 'uint256',
      },
      {
        name: 'status',
        type: 'uint8',
      },
    ],
  },
  {
    type: 'error',
    name: 'DepositsEnded',
    inputs: [
      {
        name: 'until',
        type: 'uint256',
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
        name: 'entryFee',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'NothingToClaim',
    inputs: [
      {
        name: 'account',
        type: 'address',
      },
      {
        name: 'asset',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'OutflowLimitReached',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
      {
        name: 'nextDay',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'OutflowLimitTooLow',
    inputs: [
      {
        name: 'least',
        type: 'uint256',
      },
      {
        name: 'limit',
        type: 'uint256',
      },
    ],
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
        name: 'baseAmount',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'RecipientInvalid',
    inputs: [
      {
        name: 'recipient',
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
    type: 'error',
    name: 'RefundTooSoon',
    inputs: [
      {
        name: 'refundableAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'RollupBalanceExceeded',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
      {
        name: 'inRollup',
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
    name: 'SafeERC20FailedOperation',
    inputs: [
      {
        name: 'token',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'ScreeningGasTooLow',
    inputs: [],
  },
  {
    type: 'error',
    name: 'ScreeningSilent',
    inputs: [],
  },
  {
    type: 'error',
    name: 'SupplyCapExceeded',
    inputs: [
      {
        name: 'units',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'SupplyCapTooHigh',
    inputs: [
      {
        name: 'limit',
        type: 'uint256',
      },
      {
        name: 'cap',
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
    name: 'TokenAmountWrong',
    inputs: [
      {
        name: 'token',
        type: 'address',
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
    name: 'TokenNotContract',
    inputs: [
      {
        name: 'token',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'UnitZero',
    inputs: [],
  },
  {
    type: 'error',
    name: 'ValueWrong',
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
    type: 'event',
    name: 'AssetListed',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'token',
        type: 'address',
        indexed: true,
      },
      {
        name: 'unit',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'maxFee',
        type: 'uint64',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'AssetOpened',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'isOpen',
        type: 'bool',
        indexed: false,
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
    name: 'Claimed',
    inputs: [
      {
        name: 'account',
        type: 'address',
        indexed: true,
      },
      {
        name: 'asset',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'amount',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'to',
        type: 'address',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'Credited',
    inputs: [
      {
        name: 'account',
        type: 'address',
        indexed: true,
      },
      {
        name: 'asset',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'amount',
        type: 'uint64',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'DepositQueued',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'depositor',
        type: 'address',
        indexed: true,
      },
      {
        name: 'asset',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'amount',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'recipient',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'dueAt',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'deadline',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'ciphertext',
        type: 'bytes',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'DepositReclaimRequested',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'refundableAt',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'DepositRefunded',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'DepositTaken',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'EntryFeeChanged',
    inputs: [
      {
        name: 'entryFee',
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
        name: 'baseAmount',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'OutflowLimitChanged',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'limit',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'from',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'SupplyCapChanged',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'cap',
        type: 'uint64',
        indexed: false,
      },
    ],
  },
  {
    type: 'function',
    name: 'ACCOUNT_PARTS',
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
    name: 'DEPOSITS_UNTIL',
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
    name: 'DEPOSIT_DEADLINE',
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
    name: 'DEPOSIT_DUE_DELAY',
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
    name: 'DEPOSIT_SPACING',
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
    name: 'LIMIT_DELAY',
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
    name: 'LIMIT_FLOOR_PARTS',
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
    name: 'MAX_ENTRY_FEE',
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
    name: 'SCREENING',
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
    name: 'SCREENING_GAS',
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
    name: 'SUPPLY_CAP',
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
    name: 'assetCount',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint16',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'assetOf',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'token',
            type: 'address',
          },
          {
            name: 'isOpen',
            type: 'bool',
          },
          {
            name: 'maxFee',
            type: 'uint64',
          },
          {
            name: 'unit',
            type: 'uint256',
          },
        ],
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
    name: 'claim',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
    outputs: [
      {
        name: 'baseAmount',
        type: 'uint256',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'claimFor',
    inputs: [
      {
        name: 'account',
        type: 'address',
      },
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
    outputs: [
      {
        name: 'baseAmount',
        type: 'uint256',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'claimTo',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
      {
        name: 'to',
        type: 'address',
      },
    ],
    outputs: [
      {
        name: 'baseAmount',
        type: 'uint256',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'claimableOf',
    inputs: [
      {
        name: 'account',
        type: 'address',
      },
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
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
    name: 'credit',
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
    name: 'deposit',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
      {
        name: 'baseAmount',
        type: 'uint256',
      },
      {
        name: 'recipient',
        type: 'uint256',
      },
      {
        name: 'ciphertext',
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
    name: 'depositOf',
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
            name: 'depositor',
            type: 'address',
          },
          {
            name: 'asset',
            type: 'uint16',
          },
          {
            name: 'amount',
            type: 'uint64',
          },
          {
            name: 'status',
            type: 'uint8',
          },
          {
            name: 'recipient',
            type: 'uint256',
          },
          {
            name: 'queuedAt',
            type: 'uint64',
          },
          {
            name: 'reclaimRequestedAt',
            type: 'uint64',
          },
        ],
      },
    ],
    stateMutability: 'view',
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
    name: 'escrowOf',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
    outputs: [
      {
        name: 'owedBase',
        type: 'uint256',
      },
      {
        name: 'heldBase',
        type: 'uint256',
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
    name: 'ledgerOf',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'queued',
            type: 'uint64',
          },
          {
            name: 'inRollup',
            type: 'uint64',
          },
          {
            name: 'claimable',
            type: 'uint64',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'listAsset',
    inputs: [
      {
        name: 'token',
        type: 'address',
      },
      {
        name: 'unit',
        type: 'uint256',
      },
      {
        name: 'maxFee',
        type: 'uint64',
      },
    ],
    outputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'maxFeeOf',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
    ],
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
    name: 'openAsset',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
      {
        name: 'isOpen',
        type: 'bool',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'outflowOf',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'limit',
            type: 'uint64',
          },
          {
            name: 'limitNow',
            type: 'uint64',
          },
          {
            name: 'paidToday',
            type: 'uint64',
          },
          {
            name: 'nextLimit',
            type: 'uint64',
          },
          {
            name: 'nextFrom',
            type: 'uint40',
          },
        ],
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
    name: 'payableOf',
    inputs: [
      {
        name: 'account',
        type: 'address',
      },
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
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
    name: 'refund',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'requestReclaim',
    inputs: [
      {
        name: 'id',
        type: 'uint64',
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
    name: 'setEntryFee',
    inputs: [
      {
        name: 'entryFee_',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'setOutflowLimit',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
      {
        name: 'limit',
        type: 'uint64',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'setSupplyCap',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
      {
        name: 'cap',
        type: 'uint64',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'supplyCapOf',
    inputs: [
      {
        name: 'asset',
        type: 'uint16',
      },
    ],
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
    name: 'takeDeposits',
    inputs: [
      {
        name: 'ids',
        type: 'uint256[]',
      },
    ],
    outputs: [
      {
        name: 'words',
        type: 'uint256[8]',
      },
    ],
    stateMutability: 'nonpayable',
  },
] as const
