// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Lender } from "../../src/interfaces/IDepegExecutor.sol";
import { IAaveFlashLoanCallback } from "../../src/interfaces/external/IAavePool.sol";
import { IBalancerFlashLoanCallback } from "../../src/interfaces/external/IBalancerVault.sol";
import { IErc3156Callback } from "../../src/interfaces/external/IErc3156.sol";
import { IMorphoFlashLoanCallback } from "../../src/interfaces/external/IMorphoBlue.sol";
import { IUniswapV3FlashCallback, IUniswapV3SwapCallback } from "../../src/interfaces/external/IUniswapV3Pool.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { Trick } from "../mocks/Trick.sol";

contract CallbacksTest is ExecutorTest {
    /// @dev With no order under way no callback is taken from anybody, not from the operator, the bank or a pool.
    function testFuzz_RevertGiven_NoOrderIsUnderWay(address caller, uint8 pick, bytes calldata data, uint256 amount)
        external
    {
        address[4] memory friends = [operator, address(bank), address(v3), caller];
        caller = friends[amount % 4];
        vm.prank(caller);
        vm.expectRevert(unexpected(caller, pick));
        call(callback(pick, amount, data));
    }

    /// @dev Not even with the data of a true order.
    function testFuzz_RevertGiven_NoOrderIsUnderWayThoughTheDataAreTrue(uint256 kind, uint256 amount) external {
        Order memory order = loop(boundKind(kind), boundLoan(amount));
        uint8 pick = uint8(order.loan.kind);
        vm.prank(address(bank));
        vm.expectRevert(unexpected(address(bank), pick));
        call(callback(pick, order.loan.amount, continuation(order)));
    }

    /// @dev While an order walks its legs nobody's callback is taken: not of the venue, not through it.
    function testFuzz_RevertWhen_AVenueCallsBackUnasked(uint256 kind, uint8 pick, uint256 amount) external {
        Order memory order = loop(boundKind(kind), boundLoan(amount));
        curve.setTrick(Trick.Reenter);
        curve.setAccomplice(address(executor), callback(pick, order.loan.amount, continuation(order)));
        runExpecting(order, unexpected(address(curve), pick));
    }

    /// @dev While a pool's callback is awaited, neither the pool nor another may make a different one.
    function testFuzz_RevertWhen_APoolMakesAnotherCallback(uint256 kind, uint8 pick, bytes calldata data) external {
        Order memory order = loop(boundKind(kind), MIN_LOAN);
        v3.setTrick(Trick.Reenter);
        v3.setAccomplice(address(executor), callback(pick, MIN_LOAN, data));
        runExpecting(order, unexpected(address(v3), pick));
    }

    /// @dev Lenders that name a receiver can be pointed at us by anybody: we do not play.
    function testFuzz_RevertWhen_SomebodyBorrowsInOurName(address caller, uint256 amount, uint8 pick) external {
        amount = boundLoan(amount);
        vm.assume(caller != address(executor));
        bytes memory data = continuation(loop(Lender.BalancerV2, amount));
        (address[] memory tokens, uint256[] memory amounts) = (new address[](1), new uint256[](1));
        (tokens[0], amounts[0]) = (address(usd), amount);
        uint8[3] memory kinds = [1, 2, 4];

        vm.expectRevert(unexpected(address(bank), kinds[pick % 3]));
        vm.prank(caller);
        if (pick % 3 == 0) bank.flashLoan(address(executor), tokens, amounts, data);
        else if (pick % 3 == 1) bank.flashLoanSimple(address(executor), address(usd), amount, data, 0);
        else bank.flashLoan(address(executor), address(usd), amount, data);
    }

    /// @dev Somebody else's loan in the middle of our order is not taken for ours.
    function testFuzz_RevertWhen_AVenueBorrowsInOurName(uint256 kind, uint256 amount) external {
        Order memory order = loop(boundKind(kind), boundLoan(amount));
        curve.setTrick(Trick.Reenter);
        curve.setAccomplice(
            address(bank),
            abi.encodeWithSignature(
                "flashLoan(address,address,uint256,bytes)", address(executor), address(usd), 1, continuation(order)
            )
        );
        runExpecting(order, unexpected(address(bank), 4));
    }

    function call(bytes memory data) private {
        (bool ok,) = address(executor).call(data);
        assertTrue(ok, "expectRevert answers true");
    }

    /// @dev What the executor gives the lender: the calldata of `execute` after its selector.
    function continuation(Order memory order) private pure returns (bytes memory) {
        return abi.encode(order.loan, order.guard, order.tip, order.legs);
    }

    /// @dev The `pick`-th callback, numbered as the lenders, and the swap's last.
    function callback(uint8 pick, uint256 amount, bytes memory data) private view returns (bytes memory) {
        (address[] memory tokens, uint256[] memory amounts) = (new address[](1), new uint256[](1));
        (tokens[0], amounts[0]) = (address(usd), amount);
        bytes4 selector = selectorOf(pick);
        if (pick % 6 == 0) return abi.encodeWithSelector(selector, amount, data);
        if (pick % 6 == 1) return abi.encodeWithSelector(selector, tokens, amounts, new uint256[](1), data);
        if (pick % 6 == 2) return abi.encodeWithSelector(selector, usd, amount, 0, address(executor), data);
        if (pick % 6 == 4) return abi.encodeWithSelector(selector, address(executor), usd, amount, 0, data);
        return abi.encodeWithSelector(selector, amount, 0, data);
    }

    function selectorOf(uint8 pick) private pure returns (bytes4) {
        bytes4[6] memory selectors = [
            IMorphoFlashLoanCallback.onMorphoFlashLoan.selector,
            IBalancerFlashLoanCallback.receiveFlashLoan.selector,
            IAaveFlashLoanCallback.executeOperation.selector,
            IUniswapV3FlashCallback.uniswapV3FlashCallback.selector,
            IErc3156Callback.onFlashLoan.selector,
            IUniswapV3SwapCallback.uniswapV3SwapCallback.selector
        ];
        return selectors[pick % 6];
    }

    function unexpected(address caller, uint8 pick) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDepegExecutor.UnexpectedCallback.selector, caller, selectorOf(pick));
    }
}
