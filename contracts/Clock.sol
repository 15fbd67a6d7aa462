// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IClock} from './interfaces/IClock.sol';

/// @notice See IClock. The guardian's whole power over settlement, and it lapses by itself.
contract Clock is IClock, AccessManaged {
    /// @notice Seconds after which a stop lapses.
    uint256 public constant MAX_STOP = 3 days;
    /// @notice Seconds that the clock runs at least between two stops. Longer than any settle
    /// window, so that at most one stop touches a window.
    uint256 public constant MIN_RUN = 7 days;

    /// @inheritdoc IClock
    address public immutable VERIFIERS;

    /// @dev The last stop, [from, until), and the length of all before it. One slot.
    uint64 private _from;
    uint64 private _until;
    uint64 private _stoppedBefore;

    constructor(address authority_, address verifiers) AccessManaged(authority_) {
        VERIFIERS = verifiers;
    }

    /// @inheritdoc IClock
    function stop() external restricted {
        _stop();
    }

    /// @inheritdoc IClock
    function stopWithKey() external returns (uint256) {
        if (msg.sender != VERIFIERS) revert CallerNotVerifierRegistry(msg.sender);
        if (!isStopped()) _stop();
        return _until;
    }

    /// @inheritdoc IClock
    function resume() external restricted {
        if (!isStopped()) revert NotStopped();
        _until = uint64(block.timestamp);
        emit Resumed();
    }

    /// @inheritdoc IClock
    function time() public view returns (uint256) {
        uint256 from = _from;
        uint256 end = block.timestamp < _until ? block.timestamp : _until;
        return block.timestamp - _stoppedBefore - (end - from);
    }

    /// @inheritdoc IClock
    function timeAndWindowStart(
        uint256 window
    ) external view returns (uint256 now_, uint256 windowStart) {
        uint256 until = _until;
        if (block.timestamp < until) revert ClockStopped(until);
        now_ = time();
        uint256 ranSince = block.timestamp - until;
        // A window that reaches back over the last stop continues before it.
        windowStart = ranSince >= window ? block.timestamp - window : _from - (window - ranSince);
    }

    /// @inheritdoc IClock
    function isStopped() public view returns (bool) {
        return block.timestamp < _until;
    }

    function _stop() private {
        uint256 until = _until;
        if (until != 0 && block.timestamp < until + MIN_RUN) revert StopTooSoon(until + MIN_RUN);
        _stoppedBefore += _until - _from;
        _from = uint64(block.timestamp);
        _until = uint64(block.timestamp + MAX_STOP);
        emit Stopped(_until);
    }
}
