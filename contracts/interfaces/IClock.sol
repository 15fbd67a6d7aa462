// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Settlement clock
 * @notice Seconds during which settlement was not stopped. All windows and deadlines (S2, S4) are
 * measured with it, so that a guardian's stop pauses them together and voids nothing that was sealed.
 * While nobody has ever stopped it, `time` is the block time.
 */
interface IClock {
    /// @notice The clock stands still from now on.
    event Stopped(uint256 until);
    /// @notice The clock runs again from now on. A stop that lapses by itself emits nothing.
    event Resumed();

    /// @notice Thrown when something that needs a running clock is tried while it stands still.
    error ClockStopped(uint256 until);
    /// @notice Thrown when a stop is asked for too soon after the last one.
    error StopTooSoon(uint256 allowedFrom);
    /// @notice Thrown when there is no stop to end.
    error NotStopped();
    /// @notice Thrown when anybody but the verifier registry says that a key was stopped.
    error CallerNotVerifierRegistry(address caller);

    /// @notice Stops the clock for at most `MAX_STOP` seconds. Guardian only.
    function stop() external;

    /// @notice Stops the clock, if it runs, because a key that settlement needs was stopped. Verifier
    /// registry only. Returns when the stop lapses.
    function stopWithKey() external returns (uint256 until);

    /// @notice Ends a stop early.
    function resume() external;

    /// @notice The one contract that stops the clock too.
    function VERIFIERS() external view returns (address);

    /// @notice Running seconds: block time minus all stopped time.
    function time() external view returns (uint256);

    /// @notice As `time`, and the block time at which the clock showed `window` seconds less.
    /// @dev Reverts with ClockStopped while the clock stands still.
    function timeAndWindowStart(
        uint256 window
    ) external view returns (uint256 now_, uint256 windowStart);

    /// @notice Whether the clock stands still in this block.
    function isStopped() external view returns (bool);
}
