// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {ERC20} from '@openzeppelin/contracts/token/ERC20/ERC20.sol';

/// @notice A plain token for development chains and tests. Anybody mints.
contract TestToken is ERC20 {
    uint8 private immutable DECIMALS;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        DECIMALS = decimals_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }
}

/// @notice Keeps one percent of each transfer once it is told to.
contract FeeOnTransferToken is ERC20 {
    bool public takesFee = true;

    constructor() ERC20('Fee', 'FEE') {}

    function setTakesFee(bool value) external {
        takesFee = value;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (takesFee && from != address(0)) {
            super._update(from, address(0xfee), value / 100);
            value -= value / 100;
        }
        super._update(from, to, value);
    }
}

/// @notice Takes more from the sender than it gives to the receiver.
contract SenderPaysToken is ERC20 {
    bool public takesFee;

    constructor() ERC20('Sender pays', 'SPT') {}

    function setTakesFee(bool value) external {
        takesFee = value;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (takesFee && from != address(0)) super._update(from, address(0xfee), 1);
        super._update(from, to, value);
    }
}

/// @notice As USDT: transfers return nothing.
contract NoReturnToken {
    mapping(address account => uint256 balance) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Says false instead of reverting, and moves nothing.
contract FalseReturnToken {
    mapping(address account => uint256 balance) public balanceOf;

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}

/// @notice As ERC-777: tells a hook before it moves anything.
contract HookedToken is ERC20 {
    address public hook;
    bytes public hookData;
    bool public hookSucceeded;
    bytes public hookResult;

    constructor() ERC20('Hooked', 'HKT') {}

    function setHook(address hook_, bytes calldata data) external {
        hook = hook_;
        hookData = data;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && hook != address(0)) {
            (hookSucceeded, hookResult) = hook.call(hookData);
        }
        super._update(from, to, value);
    }
}
