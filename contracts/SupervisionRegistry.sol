// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {ISupervisionRegistry} from './interfaces/ISupervisionRegistry.sol';
import {BabyJubjub} from './libraries/BabyJubjub.sol';
import {FIELD_ORDER, SUBGROUP_ORDER} from './libraries/Constants.sol';

/// @notice See ISupervisionRegistry.
contract SupervisionRegistry is ISupervisionRegistry, AccessManaged {
    /// @notice Kinds of audit keys, as a proof of possession names them.
    uint256 public constant KIND_STATISTICS = 0;
    uint256 public constant KIND_INVESTIGATION = 1;
    uint256 public constant KIND_LARGE_VALUE = 2;
    bytes32 private constant POSSESSION_TAG = 'cinnabar.auditkey';

    /// @notice Days beyond the first that the timelock allows: from any day on, the next month begins within them. An
    /// epoch far ahead would end the rotation of keys, since the next one starts after it.
    uint256 public constant LONGEST_LEAD_DAYS = 31;
    /// @notice Epochs that may wait for their start: the next month's and one that an emergency starts. `epochOf`
    /// passes over them in every settlement and forced entry, so they must be few.
    uint256 public constant MAX_UNSTARTED_EPOCHS = 2;

    /// @notice Seconds that a new key waits. Block time: a guardian's stop does not hurry anybody.
    uint256 public immutable KEY_DELAY;

    Epoch[] private _epochs;

    constructor(address authority_, uint256 keyDelay) AccessManaged(authority_) {
        KEY_DELAY = keyDelay;
    }

    /// @inheritdoc ISupervisionRegistry
    function scheduleEpoch(
        uint16 startDay,
        KeyRegistration calldata statisticsKey,
        KeyRegistration calldata investigationKey,
        KeyRegistration calldata largeValueKey
    ) external restricted returns (uint16 epoch) {
        epoch = uint16(_epochs.length);
        _checkStart(epoch, startDay);
        Epoch memory added;
        added.startDay = startDay;
        added.statisticsKey = _checkKey(epoch, KIND_STATISTICS, statisticsKey);
        added.investigationKey = _checkKey(epoch, KIND_INVESTIGATION, investigationKey);
        added.largeValueKey = _checkKey(epoch, KIND_LARGE_VALUE, largeValueKey);
        if (
            _isEqual(added.statisticsKey, added.investigationKey) ||
            _isEqual(added.statisticsKey, added.largeValueKey) ||
            _isEqual(added.investigationKey, added.largeValueKey)
        ) revert KeysEqual();
        _epochs.push(added);
        emit EpochScheduled(
            epoch,
            startDay,
            added.statisticsKey,
            added.investigationKey,
            added.largeValueKey
        );
    }

    /// @inheritdoc ISupervisionRegistry
    function epochOf(uint256 day) public view returns (uint16) {
        // From the newest down: of a long history only the last few are ever asked for. Few have not begun, and
        // at most one begins a day, so the settle window bounds the steps.
        for (uint256 i = _epochs.length; i != 0; i--) {
            if (_epochs[i - 1].startDay <= day) return uint16(i - 1);
        }
        revert EpochUnknown(day);
    }

    /// @inheritdoc ISupervisionRegistry
    function epochAt(uint16 epoch) external view returns (Epoch memory) {
        return _epochs[epoch];
    }

    /// @inheritdoc ISupervisionRegistry
    function keysOfDay(uint256 day) external view returns (uint256[7] memory) {
        uint16 number = epochOf(day);
        Epoch storage epoch = _epochs[number];
        return
            [
                number,
                epoch.statisticsKey[0],
                epoch.statisticsKey[1],
                epoch.investigationKey[0],
                epoch.investigationKey[1],
                epoch.largeValueKey[0],
                epoch.largeValueKey[1]
            ];
    }

    /// @inheritdoc ISupervisionRegistry
    function epochCount() external view returns (uint256) {
        return _epochs.length;
    }

    /// @inheritdoc ISupervisionRegistry
    function possessionChallenge(
        uint16 epoch,
        uint256 kind,
        uint256[2] calldata a,
        uint256[2] calldata r
    ) external view returns (uint256) {
        return _challenge(epoch, kind, a, r);
    }

    function _checkStart(uint16 epoch, uint256 startDay) private view {
        // Rounded up: the first whole day after the timelock.
        uint256 earliestDay = (block.timestamp + KEY_DELAY + 1 days - 1) / 1 days;
        uint256 latestDay = earliestDay + LONGEST_LEAD_DAYS;
        if (startDay > latestDay) revert EpochTooFar(latestDay, startDay);
        if (epoch == 0) return;
        uint256 lastStartDay = _epochs[epoch - 1].startDay;
        if (startDay <= lastStartDay) revert EpochNotAfterLast(lastStartDay, startDay);
        if (startDay < earliestDay) revert EpochTooSoon(earliestDay, startDay);
        if (epoch < MAX_UNSTARTED_EPOCHS) return;
        uint256 blockingDay = _epochs[epoch - MAX_UNSTARTED_EPOCHS].startDay;
        if (blockingDay > block.timestamp / 1 days) revert EpochsUnstarted(blockingDay);
    }

    /// @dev A = 8·Q is in the subgroup by construction, which circomlib's multiplication relies on.
    function _checkKey(
        uint16 epoch,
        uint256 kind,
        KeyRegistration calldata key
    ) private view returns (uint256[2] memory a) {
        if (!BabyJubjub.isOnCurve(key.q[0], key.q[1])) revert KeyNotOnCurve(key.q[0], key.q[1]);
        (a[0], a[1]) = BabyJubjub.clearCofactor(key.q[0], key.q[1]);
        if (a[0] == 0) revert KeyOfLowOrder(key.q[0], key.q[1]);
        bool isCanonical =
            key.s < SUBGROUP_ORDER && key.r[0] < FIELD_ORDER && key.r[1] < FIELD_ORDER;
        if (
            !isCanonical ||
            !BabyJubjub.isSchnorrEquation(key.s, key.r, _challenge(epoch, kind, a, key.r), a)
        ) revert PossessionNotProved(kind);
    }

    function _isEqual(uint256[2] memory a, uint256[2] memory b) private pure returns (bool) {
        return a[0] == b[0] && a[1] == b[1];
    }

    function _challenge(
        uint16 epoch,
        uint256 kind,
        uint256[2] memory a,
        uint256[2] memory r
    ) private view returns (uint256) {
        bytes memory message = abi.encode(
            POSSESSION_TAG,
            block.chainid,
            address(this),
            uint256(epoch),
            kind,
            a,
            r
        );
        return uint256(keccak256(message)) % SUBGROUP_ORDER;
    }
}
