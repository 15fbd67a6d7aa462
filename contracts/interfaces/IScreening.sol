// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Screening
 * @notice What the vault asks about a base-chain address before it takes a deposit or pays out. Spec:
 * docs/spec/screening.md. Nothing else asks: neither `settle` nor a forced entry can be held up here.
 */
interface IScreening {
    enum Purpose {
        Deposit,
        Payout
    }

    /// @notice Why an address may not deposit or be paid now; 0 where it may. In one word, within
    /// Vault.SCREENING_GAS, and without a revert: anything else counts as no answer.
    function reasonAgainst(address account, Purpose purpose) external view returns (uint256 reason);
}
