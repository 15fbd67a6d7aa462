// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice A queue whose oldest entry must be taken by a batch in time: the vault's deposits, the forced transfers.
interface IDeadlineQueue {
    /// @notice Clock time by which the oldest waiting entry must be taken; 0 when none waits.
    /// @dev Deadlines are spaced, so that an operator who works can meet them all, however many are queued at once.
    function headDeadline() external view returns (uint256);
}
