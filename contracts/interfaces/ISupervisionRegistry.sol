// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Audit-key epochs
 * @notice A published schedule of (S, I, L) triples. An audit key A is registered as Q with A = 8·Q, so
 * that A is in the prime-order subgroup, with a proof of possession of a in A = a·Base8.
 * Spec: docs/spec/supervision-registry.md.
 */
interface ISupervisionRegistry {
    /// @notice An audit key and a Schnorr proof that somebody knows its secret:
    /// s·Base8 = R + c·A, c = keccak256(abi.encode(bytes32("cinnabar.auditkey"), chain id, this
    /// contract, epoch, kind, A.x, A.y, R.x, R.y)) mod l, kind 0 for S, 1 for I and 2 for L.
    struct KeyRegistration {
        uint256[2] q;
        uint256[2] r;
        uint256 s;
    }

    /// @notice An epoch's keys, as A.
    struct Epoch {
        uint16 startDay;
        uint256[2] statisticsKey;
        uint256[2] investigationKey;
        /// For investigation records above the policy's daily threshold, and of exits.
        uint256[2] largeValueKey;
    }

    /// @notice An epoch was added to the schedule.
    event EpochScheduled(
        uint16 indexed epoch,
        uint16 startDay,
        uint256[2] statisticsKey,
        uint256[2] investigationKey,
        uint256[2] largeValueKey
    );

    /// @notice Thrown when an epoch would not start after the last one.
    error EpochNotAfterLast(uint256 lastStartDay, uint256 startDay);
    /// @notice Thrown when an epoch would start before its keys have waited the timelock.
    error EpochTooSoon(uint256 earliestDay, uint256 startDay);
    /// @notice Thrown when an epoch would start so far ahead that it held up the next ones.
    error EpochTooFar(uint256 latestDay, uint256 startDay);
    /// @notice Thrown when too many epochs wait for their start: the first of them starts on this day.
    error EpochsUnstarted(uint256 nextStartDay);
    /// @notice Thrown when two keys of an epoch are one.
    error KeysEqual();
    /// @notice Thrown when Q is not a canonical point of the curve.
    error KeyNotOnCurve(uint256 x, uint256 y);
    /// @notice Thrown when 8·Q is the identity: Q has low order.
    error KeyOfLowOrder(uint256 x, uint256 y);
    /// @notice Thrown when the proof of possession does not hold.
    error PossessionNotProved(uint256 kind);
    /// @notice Thrown when no epoch has begun by a day.
    error EpochUnknown(uint256 day);

    /// @notice Adds an epoch. Its keys wait the timelock, but for the first one's; it starts within a month after that,
    /// and few wait at a time, so that no schedule holds up settlement or the next key. Supervision.
    function scheduleEpoch(
        uint16 startDay,
        KeyRegistration calldata statisticsKey,
        KeyRegistration calldata investigationKey,
        KeyRegistration calldata largeValueKey
    ) external returns (uint16 epoch);

    /// @notice The epoch of a Unix day.
    function epochOf(uint256 day) external view returns (uint16);

    /// @notice An epoch's start and keys.
    function epochAt(uint16 epoch) external view returns (Epoch memory);

    /// @notice The epoch of a day and its keys: epoch, S.x, S.y, I.x, I.y, L.x, L.y.
    function keysOfDay(uint256 day) external view returns (uint256[7] memory);

    /// @notice Epochs scheduled so far.
    function epochCount() external view returns (uint256);

    /// @notice c of a proof of possession, for the key's holder.
    function possessionChallenge(
        uint16 epoch,
        uint256 kind,
        uint256[2] calldata a,
        uint256[2] calldata r
    ) external view returns (uint256);
}
