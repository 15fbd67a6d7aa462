// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice A screening that misbehaves in the way that it is told.
contract BrokenScreening {
    enum Way {
        Allow,
        Revert,
        EatGas,
        AnswerNothing,
        AnswerTwoWords,
        AnswerTooMuch,
        Deny,
        DenySlowly
    }

    error Broken();

    Way public way;

    function set(Way way_) external {
        way = way_;
    }

    fallback() external {
        uint256 gasAtStart = gasleft();
        if (way == Way.Revert) revert Broken();
        uint256 spun = 0;
        while (way == Way.EatGas) spun++;
        if (way == Way.AnswerNothing) return;
        uint256 length = 0x20;
        if (way == Way.AnswerTwoWords) length = 0x40;
        if (way == Way.AnswerTooMuch) length = 0x10000;
        while (way == Way.DenySlowly && gasAtStart - gasleft() < 50_000) spun++;
        uint256 answer = way == Way.Deny || way == Way.DenySlowly ? 7 : 0;
        assembly ('memory-safe') {
            let at := mload(0x40)
            mstore(at, answer)
            return(at, length)
        }
    }
}
