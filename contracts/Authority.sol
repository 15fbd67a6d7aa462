// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManager} from '@openzeppelin/contracts/access/manager/AccessManager.sol';

/// @notice Who may call what, and after which delay: OpenZeppelin's AccessManager as it is. The
/// roles and the functions they open are set in deploy/contracts/roles.ts.
contract Authority is AccessManager {
    constructor(address initialAdmin) AccessManager(initialAdmin) {}
}
