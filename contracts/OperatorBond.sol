// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {ECDSA} from '@openzeppelin/contracts/utils/cryptography/ECDSA.sol';
import {ReentrancyGuard} from '@openzeppelin/contracts/utils/ReentrancyGuard.sol';
import {IClock} from './interfaces/IClock.sol';
import {IForcedQueue} from './interfaces/IForcedQueue.sol';
import {IIdentityRegistry} from './interfaces/IIdentityRegistry.sol';
import {IOperatorBond} from './interfaces/IOperatorBond.sol';
import {IPolicyRegistry} from './interfaces/IPolicyRegistry.sol';
import {IRollup} from './interfaces/IRollup.sol';
import {BabyJubjub} from './libraries/BabyJubjub.sol';
import {
    FIELD_ORDER,
    INPUT_TRANSFER_DAY,
    INPUT_TRANSFER_EPHEMERAL,
    INPUT_TRANSFER_IDENTITY_ROOT,
    INPUT_TRANSFER_NULLIFIER,
    INPUT_TRANSFER_POLICY_ROOT,
    NULLIFIER_TREE_DEPTH,
    SUBGROUP_ORDER,
    TAG_INTERVAL,
    TAG_NODE
} from './libraries/Constants.sol';
import {Poseidon} from './libraries/Poseidon.sol';

/// @notice See IOperatorBond. Clauses P1 to P8: docs/spec/operator-bond.md.
contract OperatorBond is IOperatorBond, ReentrancyGuard {
    /// @dev Of the settle window, left to force a transfer in after its promise was broken.
    uint256 private constant MIN_CLAIM_TIME = 30 minutes;
    /// @dev As api/typedData.ts has them.
    bytes32 private constant DOMAIN_TYPE = keccak256(
        'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
    );
    bytes32 private constant RECEIPT_TYPE = keccak256(
        'Receipt(bytes32 statementId,uint64 admittedAt,uint64 settleBy,address sequencer)'
    );
    bytes32 private constant OWNER_TYPE = keccak256('BondOwner(address owner,address bond)');
    bytes32 private constant POSSESSION_TAG = 'cinnabar.bondclaim';

    IRollup public immutable ROLLUP;
    IClock public immutable CLOCK;
    IForcedQueue public immutable FORCED;
    IIdentityRegistry public immutable IDENTITIES;
    IPolicyRegistry public immutable POLICIES;
    /// @inheritdoc IOperatorBond
    uint256 public immutable PROMISE_TIME;
    /// @inheritdoc IOperatorBond
    uint256 public immutable HOLD_TIME;
    /// @inheritdoc IOperatorBond
    uint256 public immutable NOTICE;
    /// @inheritdoc IOperatorBond
    uint256 public immutable PAYOUT;
    /// @inheritdoc IOperatorBond
    uint256 public immutable MIN_BOND;
    bytes32 private immutable SIGNING_DOMAIN;
    /// @dev Poseidon's constants.
    address private immutable CONSTANTS;

    mapping(address sequencer => Bond bond) private _bonds;
    mapping(uint64 entryId => uint256 nullifierRoot) private _nullifierRoots;
    mapping(bytes32 statementId => bool isClaimed) private _claimed;
    /// @inheritdoc IOperatorBond
    uint256 public forfeitedTotal;

    struct Contracts {
        IRollup rollup;
        IClock clock;
        IForcedQueue forced;
        IIdentityRegistry identities;
        IPolicyRegistry policies;
    }

    struct Terms {
        uint256 settleWindow;
        uint256 promiseTime;
        uint256 holdTime;
        uint256 notice;
        uint256 payout;
        uint256 minBond;
    }

    /// @param poseidonConstants deploy/contracts/poseidonConstants.ts; others are refused.
    constructor(Contracts memory known, Terms memory terms, uint256[] memory poseidonConstants) {
        if (
            terms.holdTime == 0 ||
            terms.promiseTime <= terms.holdTime ||
            // What is superseded right after HOLD_TIME can be forced until the settle window is over.
            terms.promiseTime + MIN_CLAIM_TIME > terms.holdTime + terms.settleWindow ||
            // Whoever was promised something on the last day can still show that it was broken.
            terms.notice < terms.promiseTime + terms.settleWindow + 1 days ||
            terms.payout == 0 ||
            terms.minBond < 2 * terms.payout
        ) revert ParametersInvalid();
        ROLLUP = known.rollup;
        CLOCK = known.clock;
        FORCED = known.forced;
        IDENTITIES = known.identities;
        POLICIES = known.policies;
        PROMISE_TIME = terms.promiseTime;
        HOLD_TIME = terms.holdTime;
        NOTICE = terms.notice;
        PAYOUT = terms.payout;
        MIN_BOND = terms.minBond;
        SIGNING_DOMAIN = keccak256(
            abi.encode(
                DOMAIN_TYPE,
                keccak256('Cinnabar'),
                keccak256('1'),
                block.chainid,
                address(known.rollup)
            )
        );
        CONSTANTS = Poseidon.store(poseidonConstants);
    }

    // Operator

    /// @inheritdoc IOperatorBond
    function register(address sequencer, bytes calldata consent) external payable {
        Bond storage bond = _bonds[sequencer];
        if (bond.owner != address(0)) revert AlreadyRegistered(sequencer);
        bytes32 struct_ = keccak256(abi.encode(OWNER_TYPE, msg.sender, address(this)));
        if (!_isSignedBy(sequencer, struct_, consent)) {
            revert ConsentInvalid(sequencer, msg.sender);
        }
        bond.owner = msg.sender;
        emit Registered(sequencer, msg.sender);
        _post(sequencer, bond);
    }

    /// @inheritdoc IOperatorBond
    function post(address sequencer) external payable {
        Bond storage bond = _bonds[sequencer];
        if (bond.owner == address(0)) revert NotRegistered(sequencer);
        _post(sequencer, bond);
    }

    /// @inheritdoc IOperatorBond
    function announceWithdrawal(address sequencer) external {
        Bond storage bond = _bondOfCaller(sequencer);
        if (bond.withdrawableAt != 0) revert AlreadyLeaving(bond.withdrawableAt);
        uint64 withdrawableAt = uint64(CLOCK.time() + NOTICE);
        bond.withdrawableAt = withdrawableAt;
        emit WithdrawalAnnounced(sequencer, withdrawableAt);
    }

    /// @inheritdoc IOperatorBond
    function cancelWithdrawal(address sequencer) external {
        Bond storage bond = _bondOfCaller(sequencer);
        if (bond.withdrawableAt == 0) revert NotLeaving(sequencer);
        bond.withdrawableAt = 0;
        emit WithdrawalCancelled(sequencer);
    }

    /// @inheritdoc IOperatorBond
    function withdraw(address sequencer, address to) external nonReentrant {
        Bond storage bond = _bondOfCaller(sequencer);
        uint256 withdrawableAt = bond.withdrawableAt;
        if (withdrawableAt == 0) revert NotLeaving(sequencer);
        if (CLOCK.time() < withdrawableAt) revert WithdrawalTooSoon(withdrawableAt);
        uint256 amount = bond.amount;
        bond.amount = 0;
        bond.withdrawableAt = 0;
        emit Withdrawn(sequencer, to, amount);
        _send(to, amount);
    }

    // User

    /// @inheritdoc IOperatorBond
    function force(bytes calldata data) external payable nonReentrant returns (uint64 entryId) {
        uint256 fee = FORCED.entryFee();
        if (msg.value < fee) revert EntryFeeTooLow(fee, msg.value);
        (, , , uint256 nullifierRoot) = ROLLUP.state();
        entryId = FORCED.enter{value: fee}(data);
        _nullifierRoots[entryId] = nullifierRoot;
        emit Forced(entryId, nullifierRoot);
        if (msg.value != fee) _send(msg.sender, msg.value - fee);
    }

    /// @inheritdoc IOperatorBond
    function claim(Claim calldata claim_) external nonReentrant {
        Receipt calldata receipt = claim_.receipt;
        bytes32 statementId = receipt.statementId;
        if (_claimed[statementId]) revert AlreadyClaimed(statementId);
        _checkReceipt(receipt);
        bytes32 actual = keccak256(claim_.statement);
        if (actual != statementId) revert StatementWrong(statementId, actual);
        uint256 nullifierRoot = _checkEntry(claim_.entryId, statementId, receipt.settleBy);
        _checkHeld(claim_);
        _checkAbsence(claim_, nullifierRoot);
        _checkPossession(claim_);

        Bond storage bond = _bonds[receipt.sequencer];
        uint256 required = 2 * PAYOUT;
        if (bond.amount < required) revert BondExhausted(required, bond.amount);
        bond.amount -= uint128(required);
        forfeitedTotal += PAYOUT;
        _claimed[statementId] = true;
        emit Claimed(statementId, receipt.sequencer, claim_.payee, PAYOUT);
        _send(claim_.payee, PAYOUT);
    }

    // Views

    /// @inheritdoc IOperatorBond
    function possessionChallenge(
        bytes32 statementId,
        address payee,
        uint256[2] calldata ephemeral,
        uint256[2] calldata r
    ) external view returns (uint256) {
        return _challenge(statementId, payee, ephemeral, r);
    }

    /// @inheritdoc IOperatorBond
    function bondOf(address sequencer) external view returns (Bond memory) {
        return _bonds[sequencer];
    }

    /// @inheritdoc IOperatorBond
    function isBonded(address sequencer) external view returns (bool) {
        Bond storage bond = _bonds[sequencer];
        return bond.amount >= MIN_BOND && bond.withdrawableAt == 0;
    }

    /// @inheritdoc IOperatorBond
    function nullifierRootOf(uint64 entryId) external view returns (uint256) {
        return _nullifierRoots[entryId];
    }

    /// @inheritdoc IOperatorBond
    function isClaimed(bytes32 statementId) external view returns (bool) {
        return _claimed[statementId];
    }

    // Internal

    /// @dev P1: signed for this rollup, on this chain, by the one it names.
    function _checkReceipt(Receipt calldata receipt) private view {
        if (receipt.settleBy <= PROMISE_TIME) revert PromiseMissing();
        bytes32 struct_ = keccak256(
            abi.encode(
                RECEIPT_TYPE,
                receipt.statementId,
                receipt.admittedAt,
                receipt.settleBy,
                receipt.sequencer
            )
        );
        if (!_isSignedBy(receipt.sequencer, struct_, receipt.signature)) {
            revert ReceiptInvalid(receipt.sequencer);
        }
    }

    /// @dev P3: it could be settled (the queue checked that) when the promised time was over.
    function _checkEntry(
        uint64 entryId,
        bytes32 statementId,
        uint256 settleBy
    ) private view returns (uint256 nullifierRoot) {
        nullifierRoot = _nullifierRoots[entryId];
        if (nullifierRoot == 0) revert EntryUnknown(entryId);
        IForcedQueue.ForcedTransfer memory entry = FORCED.entryOf(entryId);
        if (entry.statementId != statementId) {
            revert EntryOfAnother(statementId, entry.statementId);
        }
        if (entry.queuedAt <= settleBy) revert EntryTooSoon(settleBy, entry.queuedAt);
    }

    /// @dev P4: identities, policies and day stayed current for HOLD_TIME. One root may have had several versions, so
    /// it must be the one that was current when the promise was made.
    function _checkHeld(Claim calldata claim_) private view {
        Receipt calldata receipt = claim_.receipt;
        bytes calldata statement = claim_.statement;
        uint256 admittedAt = receipt.settleBy - PROMISE_TIME;

        uint64 version = claim_.identityVersion;
        (uint256 root, uint256 supersededAt) = IDENTITIES.rootAt(version);
        uint256 publishedAt;
        if (version != 0) (, publishedAt) = IDENTITIES.rootAt(version - 1);
        uint256 expected = _inputOf(statement, INPUT_TRANSFER_IDENTITY_ROOT);
        if (root != expected) revert VersionWrong(version, expected, root);
        _checkVersion(version, publishedAt, supersededAt, admittedAt);

        version = claim_.policyVersion;
        (root, supersededAt) = POLICIES.rootAt(version);
        publishedAt = 0;
        if (version != 0) (, publishedAt) = POLICIES.rootAt(version - 1);
        expected = _inputOf(statement, INPUT_TRANSFER_POLICY_ROOT);
        if (root != expected) revert VersionWrong(version, expected, root);
        _checkVersion(version, publishedAt, supersededAt, admittedAt);

        // A day ends by block time, which only the sequencer's own clock relates to a receipt.
        uint256 day = _inputOf(statement, INPUT_TRANSFER_DAY);
        if (receipt.admittedAt / 1000 + HOLD_TIME >= (day + 1) * 1 days) revert DayNotHeld(day);
    }

    function _checkVersion(
        uint64 version,
        uint256 publishedAt,
        uint256 supersededAt,
        uint256 admittedAt
    ) private view {
        bool isHeld = supersededAt == 0 || supersededAt > admittedAt + HOLD_TIME;
        if (publishedAt > admittedAt || !isHeld) {
            revert VersionNotHeld(version, publishedAt, supersededAt);
        }
    }

    /// @dev P5: when it was entered, its nullifier was unspent, so it had not been settled. What happened since, be it
    /// by the operator that saw the entry come, changes nothing.
    function _checkAbsence(Claim calldata claim_, uint256 nullifierRoot) private view {
        uint256 nullifier = _inputOf(claim_.statement, INPUT_TRANSFER_NULLIFIER);
        Absence calldata absence = claim_.absence;
        bool isInside = absence.from < nullifier && nullifier < absence.to;
        if (!isInside || _rootOf(absence) != nullifierRoot) {
            revert AbsenceInvalid(nullifier, nullifierRoot);
        }
    }

    function _rootOf(Absence calldata absence) private view returns (uint256 node) {
        uint256 constants = Poseidon.load(CONSTANTS);
        node = Poseidon.hash2(constants, TAG_INTERVAL, absence.from, absence.to);
        uint256 position = absence.leafIndex;
        uint256[4] memory children;
        uint256 sibling = 0;
        for (uint256 level = 0; level < NULLIFIER_TREE_DEPTH; level++) {
            for (uint256 i = 0; i < 4; i++) {
                children[i] = i == position & 3 ? node : absence.siblings[sibling++];
            }
            node = Poseidon.hash4(constants, TAG_NODE, children);
            position >>= 2;
        }
    }

    /// @dev P6: e follows from the nullifier key (T9), so only who made the transfer names the payee: neither the operator,
    /// which has the receipt too, nor who sees a claim on its way.
    function _checkPossession(Claim calldata claim_) private view {
        uint256[2] memory ephemeral = [
            _inputOf(claim_.statement, INPUT_TRANSFER_EPHEMERAL),
            _inputOf(claim_.statement, INPUT_TRANSFER_EPHEMERAL + 1)
        ];
        Possession calldata possession = claim_.possession;
        uint256[2] memory r = possession.r;
        bool isCanonical =
            possession.s < SUBGROUP_ORDER && r[0] < FIELD_ORDER && r[1] < FIELD_ORDER;
        uint256 challenge = _challenge(claim_.receipt.statementId, claim_.payee, ephemeral, r);
        if (!isCanonical || !BabyJubjub.isSchnorrEquation(possession.s, r, challenge, ephemeral))
            revert PossessionNotProved();
    }

    function _challenge(
        bytes32 statementId,
        address payee,
        uint256[2] memory ephemeral,
        uint256[2] memory r
    ) private view returns (uint256) {
        bytes memory message = abi.encode(
            POSSESSION_TAG,
            block.chainid,
            address(this),
            statementId,
            payee,
            ephemeral,
            r
        );
        return uint256(keccak256(message)) % SUBGROUP_ORDER;
    }

    /// @dev A public input: the circuit id stands before them. transfer and collect agree up to the ephemeral.
    function _inputOf(bytes calldata statement, uint256 index) private pure returns (uint256) {
        return uint256(bytes32(statement[(index + 1) * 0x20:(index + 2) * 0x20]));
    }

    function _isSignedBy(
        address signer,
        bytes32 struct_,
        bytes calldata signature
    ) private view returns (bool) {
        bytes32 digest = keccak256(abi.encodePacked(hex'1901', SIGNING_DOMAIN, struct_));
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, signature);
        return failure == ECDSA.RecoverError.NoError && recovered == signer;
    }

    function _bondOfCaller(address sequencer) private view returns (Bond storage bond) {
        bond = _bonds[sequencer];
        if (bond.owner == address(0)) revert NotRegistered(sequencer);
        if (bond.owner != msg.sender) revert CallerNotOwner(msg.sender, bond.owner);
    }

    function _post(address sequencer, Bond storage bond) private {
        // No base chain has 2^128 wei.
        uint256 amount = bond.amount + msg.value;
        bond.amount = uint128(amount);
        emit Posted(sequencer, amount);
    }

    function _send(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}('');
        if (!ok) revert PaymentRefused(to, amount);
    }
}
