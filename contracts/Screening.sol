// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IScreeningList} from './interfaces/IScreeningList.sol';

/// @notice See IScreeningList. Times are block times: a guardian's stop holds nobody longer.
contract Screening is IScreeningList, AccessManaged {
    /// @inheritdoc IScreeningList
    uint256 public constant MAX_LISTING = 366 days;
    /// @notice Reason of this contract's own: only listed addresses may deposit, and this one is not.
    uint16 public constant REASON_NOT_ALLOWED = type(uint16).max;

    /// @inheritdoc IScreeningList
    bool public immutable DEPOSITS_BY_LIST;
    /// @inheritdoc IScreeningList
    uint256 public immutable DENIAL_QUOTA;

    /// @inheritdoc IScreeningList
    uint64 public version;
    mapping(address account => Entry) private _entries;
    mapping(uint256 day => uint256 count) private _denials;

    /// @param denialQuota What a stolen key can do in a day.
    constructor(
        address authority_,
        bool depositsByList,
        uint256 denialQuota
    ) AccessManaged(authority_) {
        DEPOSITS_BY_LIST = depositsByList;
        DENIAL_QUOTA = denialQuota;
    }

    /// @inheritdoc IScreeningList
    function deny(
        address[] calldata accounts,
        uint16 reason,
        uint40 until,
        bytes32 source
    ) external restricted returns (uint64) {
        if (reason == 0 || reason == REASON_NOT_ALLOWED) revert ReasonInvalid(reason);
        _checkTime(until);
        uint256 today = block.timestamp / 1 days;
        uint256 count = _denials[today] + accounts.length;
        if (count > DENIAL_QUOTA) revert DenialQuotaExhausted(DENIAL_QUOTA);
        _denials[today] = count;
        return _list(accounts, Listing.Denied, reason, until, source);
    }

    /// @inheritdoc IScreeningList
    function allow(
        address[] calldata accounts,
        uint40 until,
        bytes32 source
    ) external restricted returns (uint64) {
        _checkTime(until);
        return _list(accounts, Listing.Allowed, 0, until, source);
    }

    /// @inheritdoc IScreeningList
    function remove(
        address[] calldata accounts,
        bytes32 source
    ) external restricted returns (uint64) {
        return _list(accounts, Listing.None, 0, 0, source);
    }

    /// @inheritdoc IScreeningList
    function entryOf(address account) external view returns (Entry memory) {
        return _entries[account];
    }

    /// @inheritdoc IScreeningList
    function denialsToday() external view returns (uint256) {
        return _denials[block.timestamp / 1 days];
    }

    function reasonAgainst(address account, Purpose purpose) external view returns (uint256) {
        Entry storage entry = _entries[account];
        Listing listing = block.timestamp < entry.until ? entry.listing : Listing.None;
        if (listing == Listing.Denied) return entry.reason;
        // Who is unknown may always be paid: a list of who may leave would shut in everybody else.
        bool needsListing = DEPOSITS_BY_LIST && purpose == Purpose.Deposit;
        return needsListing && listing != Listing.Allowed ? REASON_NOT_ALLOWED : 0;
    }

    function _list(
        address[] calldata accounts,
        Listing listing,
        uint16 reason,
        uint40 until,
        bytes32 source
    ) private returns (uint64 made) {
        if (source == 0) revert SourceMissing();
        if (accounts.length == 0) revert NobodyNamed();
        made = ++version;
        emit ListChanged(made, listing, reason, until, source);
        for (uint256 i = 0; i < accounts.length; i++) {
            _entries[accounts[i]] = Entry(listing, reason, until, made);
            emit AddressListed(accounts[i], made, listing);
        }
    }

    function _checkTime(uint40 until) private view {
        uint256 latest = block.timestamp + MAX_LISTING;
        if (until <= block.timestamp || until > latest) revert ListingTimeInvalid(until, latest);
    }
}
