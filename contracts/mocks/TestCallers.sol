// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {IVault} from '../interfaces/IVault.sol';

/// @notice Forwards calls and takes no ETH: a credited party that cannot be paid.
contract RefusingCaller {
    error Refused();

    receive() external payable {
        revert Refused();
    }

    function forward(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool ok, bytes memory result) = target.call{value: msg.value}(data);
        if (!ok) {
            assembly ('memory-safe') {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }
}

/// @notice Tries to claim again while it is paid.
contract ReenteringCaller {
    IVault public immutable VAULT;
    uint16 public immutable ASSET;
    bool public reentryFailed;

    constructor(IVault vault, uint16 asset) {
        VAULT = vault;
        ASSET = asset;
    }

    receive() external payable {
        try VAULT.claim(ASSET) {} catch {
            reentryFailed = true;
        }
    }

    function claim() external {
        VAULT.claim(ASSET);
    }
}
