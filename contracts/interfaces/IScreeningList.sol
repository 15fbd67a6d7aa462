// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {IScreening} from './IScreening.sol';

/**
 * @title Screening list
 * @notice Addresses that are denied or allowed, each with a reason, an end and the list version that
 * put it there. Spec: docs/spec/screening.md.
 */
interface IScreeningList is IScreening {
    enum Listing {
        None,
        Allowed,
        Denied
    }

    /// @notice What the list says of an address. One that has ended says nothing.
    struct Entry {
        Listing listing;
        /// Why it is denied; 0 otherwise.
        uint16 reason;
        /// Block time from which it counts no more.
        uint40 until;
        /// Version of the list that it came with.
        uint64 version;
    }

    /// @notice A version of the list was made.
    /// @param source Hash of the published document that it rests on: a sanctions list, an order.
    event ListChanged(
        uint64 indexed version,
        Listing listing,
        uint16 reason,
        uint40 until,
        bytes32 indexed source
    );
    /// @notice What the version says of one address.
    event AddressListed(address indexed account, uint64 indexed version, Listing listing);

    /// @notice Thrown when a denial has no reason, or one that the contract itself gives.
    error ReasonInvalid(uint16 reason);
    /// @notice Thrown when an entry would end at once, or later than MAX_LISTING from now.
    error ListingTimeInvalid(uint256 until, uint256 latest);
    /// @notice Thrown when a change rests on no document.
    error SourceMissing();
    /// @notice Thrown when more addresses are denied on a day than may be.
    error DenialQuotaExhausted(uint256 quota);
    /// @notice Thrown when a change names nobody.
    error NobodyNamed();

    /// @notice Denies addresses until a time. Screener.
    function deny(
        address[] calldata accounts,
        uint16 reason,
        uint40 until,
        bytes32 source
    ) external returns (uint64 version);

    /// @notice Allows addresses until a time: lifts a denial, and lets them deposit where only listed
    /// addresses may. Screener.
    function allow(
        address[] calldata accounts,
        uint40 until,
        bytes32 source
    ) external returns (uint64 version);

    /// @notice Takes addresses off the list. Screener.
    function remove(address[] calldata accounts, bytes32 source) external returns (uint64 version);

    /// @notice What the list says of an address, ended or not.
    function entryOf(address account) external view returns (Entry memory);

    /// @notice Changes made so far.
    function version() external view returns (uint64);

    /// @notice Denials of the present Unix day.
    function denialsToday() external view returns (uint256);

    /// @notice Whether only allowed addresses may deposit. Payouts are never by list.
    function DEPOSITS_BY_LIST() external view returns (bool);

    /// @notice Addresses that may be denied on a Unix day.
    function DENIAL_QUOTA() external view returns (uint256);

    /// @notice Seconds that an entry lasts at most; to go on it is made anew.
    function MAX_LISTING() external view returns (uint256);
}
