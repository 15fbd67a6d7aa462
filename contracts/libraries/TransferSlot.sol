// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {IIdentityRegistry} from '../interfaces/IIdentityRegistry.sol';
import {IPolicyRegistry} from '../interfaces/IPolicyRegistry.sol';
import {IRollup} from '../interfaces/IRollup.sol';
import {ISupervisionRegistry} from '../interfaces/ISupervisionRegistry.sol';
import {
    FIELD_ORDER,
    MEMO_BYTES,
    OFFSET_FEE_EPOCH,
    OFFSET_SLOT_KIND,
    SLOT_KIND_COLLECT
} from './Constants.sol';
import {ProofFold} from './ProofFold.sol';

/**
 * @title A transfer as `Rollup.settle` and `ForcedQueue.enter` read it
 * @notice One context (S2) and one slot (S3) in the bytes of docs/spec/settlement.md. Here, so that both
 * contracts check one and the same.
 * @dev Offsets are in the transaction's calldata, pointers in memory.
 */
library TransferSlot {
    uint256 internal constant CONTEXT_BYTES = 10;
    /// @dev Of a transfer without fee and withdrawal; a collect has 32 more.
    uint256 internal constant TRANSFER_BYTES = 896;
    /// @dev Offset of outputs in a slot: head 1, context 1, anchor batch 5, nullifier 31.
    uint256 internal constant OUTPUTS = 38;
    /// @dev Offset of traceTag, ephemeral, statistics and investigation ciphertext.
    uint256 internal constant RECORDS = 166;
    uint256 internal constant FEE_BYTES = 10;
    uint256 internal constant WITHDRAWAL_BYTES = 30;
    uint256 internal constant PROOF_BYTES = 256;

    // Bits of a slot's head byte; kind is the low two.
    uint256 internal constant HEAD_KIND = 0x03;
    uint256 internal constant HEAD_FEE = 0x04;
    uint256 internal constant HEAD_WITHDRAWAL = 0x08;
    uint256 internal constant HEAD_SUNSET_KEY = 0x10;
    /// @dev Heads of slots that carry all of a transfer are below.
    uint256 internal constant HEAD_LIMIT = 0x20;

    /// @dev Where S2's values come from.
    struct Sources {
        IIdentityRegistry identities;
        IPolicyRegistry policies;
        ISupervisionRegistry supervision;
        uint256 settleWindow;
        /// Clock time, and block time at which the clock showed a window less.
        uint256 now_;
        uint256 windowStart;
    }

    /// @dev S2: looks the values of a context up, of which `packed` begins with the ten bytes, and
    /// writes them where ProofFold has its contexts. Returns whether all are the current ones, and
    /// not merely superseded inside the window.
    function readContext(
        Sources memory sources,
        uint256 packed,
        uint256 target
    ) internal view returns (bool isCurrent) {
        uint256 day = uint16(packed >> 176);
        isCurrent = _checkDay(day, sources.windowStart);
        (uint256 identityRoot, bool isCurrentIdentity) = _identityRoot(
            sources,
            uint32(packed >> 224)
        );
        (uint256 policyRoot, bool isCurrentPolicy) = _policyRoot(sources, uint32(packed >> 192));
        isCurrent = isCurrent && isCurrentIdentity && isCurrentPolicy;
        uint256[7] memory keys = sources.supervision.keysOfDay(day);
        uint256 epochOffset = ProofFold.CONTEXT_EPOCH;
        assembly ('memory-safe') {
            mstore(target, identityRoot)
            mstore(add(target, 0x20), policyRoot)
            mstore(add(target, 0x40), day)
            mcopy(add(target, 0x60), add(keys, 0x20), 0xc0)
            mstore(add(target, epochOffset), shl(OFFSET_FEE_EPOCH, mload(keys)))
        }
    }

    /// @dev S3: fills the record of a transfer's proof but for fee and withdrawal, and the five words of
    /// its batch, from the slot at `start`; checks their ranges.
    function copySlot(
        uint256 kind,
        uint256 start,
        uint256 anchor,
        uint256 record,
        uint256 words
    ) internal pure {
        bool isCanonical;
        assembly ('memory-safe') {
            let nullifier := shr(8, calldataload(add(start, 7)))
            mstore(words, or(nullifier, shl(OFFSET_SLOT_KIND, kind)))
            calldatacopy(add(words, 0x20), add(start, OUTPUTS), 0x80)

            mstore(add(record, 0x20), anchor)
            mstore(add(record, 0x40), nullifier)
            mcopy(add(record, 0x60), add(words, 0x20), 0x80)
            // memoHash; free memory is scratch. 582: the memo's offset but for the records' 32 a kind.
            let memo := mload(0x40)
            calldatacopy(memo, add(add(start, 582), shl(5, kind)), MEMO_BYTES)
            mstore(add(record, 0x120), shr(8, keccak256(memo, MEMO_BYTES)))
            let rest := add(record, 0x140)
            calldatacopy(rest, add(start, RECORDS), add(0xa0, shl(5, kind)))

            let r := FIELD_ORDER
            isCanonical := and(
                iszero(iszero(nullifier)),
                and(
                    and(lt(mload(add(record, 0x60)), r), lt(mload(add(record, 0x80)), r)),
                    and(lt(mload(add(record, 0xa0)), r), lt(mload(add(record, 0xc0)), r))
                )
            )
            isCanonical := and(
                isCanonical,
                and(
                    and(
                        and(lt(mload(rest), r), lt(mload(add(rest, 0x20)), r)),
                        and(lt(mload(add(rest, 0x40)), r), lt(mload(add(rest, 0x60)), r))
                    ),
                    and(lt(mload(add(rest, 0x80)), r), lt(mload(add(rest, 0xa0)), r))
                )
            )
            if eq(kind, SLOT_KIND_COLLECT) {
                isCanonical := and(isCanonical, lt(mload(add(rest, 0xc0)), r))
            }
        }
        if (!isCanonical) {
            if (load(start + 7) >> 8 == 0) revert IRollup.NullifierZero();
            refuseWords(start + OUTPUTS, 9 + kind);
        }
    }

    /// @dev The words that name a transfer in the forced queue (S5), of a record whose fee word has no
    /// epoch: nullifier, outputs, withdrawal, fee. Top 248 bits.
    function hashForcedWords(uint256 record) internal pure returns (uint256 hash) {
        assembly ('memory-safe') {
            hash := shr(8, keccak256(add(record, 0x40), 0xe0))
        }
    }

    /// @dev Names the word that made a check over several fail.
    function refuseWords(uint256 offset, uint256 count) internal pure {
        for (uint256 i = 0; i < count; i++) {
            uint256 word = load(offset + i * 0x20);
            if (word >= FIELD_ORDER) revert IRollup.WordNotCanonical(word);
        }
        assert(false);
    }

    function load(uint256 offset) internal pure returns (uint256 word) {
        assembly ('memory-safe') {
            word := calldataload(offset)
        }
    }

    function _checkDay(uint256 day, uint256 windowStart) private view returns (bool isCurrent) {
        uint256 today = block.timestamp / 1 days;
        if (day > today) revert IRollup.DayInFuture(day, today);
        uint256 earliest = windowStart / 1 days;
        if (day < earliest) revert IRollup.DayOutdated(day, earliest);
        return day == today;
    }

    function _identityRoot(
        Sources memory sources,
        uint64 version
    ) private view returns (uint256 root, bool isCurrent) {
        uint256 supersededAt;
        (root, supersededAt) = sources.identities.rootAt(version);
        isCurrent = supersededAt == 0;
        if (!isCurrent && sources.now_ > supersededAt + sources.settleWindow) {
            revert IRollup.IdentityVersionOutdated(version, supersededAt);
        }
    }

    function _policyRoot(
        Sources memory sources,
        uint64 version
    ) private view returns (uint256 root, bool isCurrent) {
        uint256 supersededAt;
        (root, supersededAt) = sources.policies.rootAt(version);
        isCurrent = supersededAt == 0;
        if (!isCurrent && sources.now_ > supersededAt + sources.settleWindow) {
            revert IRollup.PolicyVersionOutdated(version, supersededAt);
        }
    }
}
