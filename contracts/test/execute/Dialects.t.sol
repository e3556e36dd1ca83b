// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDepegExecutor, Leg, Lender, Venue } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { GemJoin, PsmMarket } from "../mocks/Market.sol";
import { Token } from "../mocks/Token.sol";

/// @dev To the byte: what is said to a venue, and how an order is written.
contract ExecuteDialectsTest is ExecutorTest {
    /// @dev Each Curve is spoken to in its own dialect, with the amount and no least output.
    function testFuzz_CurveIsCalledByItsDialect(uint8 pick, uint256 amount) external {
        amount = boundLoan(amount);
        string[3] memory names =
            ["exchange(int128,int128", "exchange(uint256,uint256", "exchange_underlying(int128,int128"];
        string memory signature = string.concat(names[pick % 3], ",uint256,uint256)");
        Order memory order = loop(Lender.MorphoBlue, amount);
        order.legs[0].venue = Venue(pick % 3);

        vm.expectCall(address(curve), abi.encodeWithSignature(signature, 0, 1, amount, 0), 1);
        vm.expectCall(address(usd), abi.encodeCall(Token.approve, (address(curve), amount)), 1);
        assertEq(run(order), gain(amount));
        assertEmpty();
    }

    /// @dev An older PSM's gems are taken by its join: the join may take them, to the unit, and the PSM none.
    function testFuzz_AGemJoinTakesTheGems(uint256 amount) external {
        amount = boundLoan(amount);
        GemJoin join = new GemJoin();
        psm.setJoin(join);
        curve.setPrice(address(dai), address(usd), TO_USD * 105 / 100);
        Leg memory leg = buy(Venue.PsmSellGem, address(psm));
        leg.spender = address(join);

        vm.expectCall(address(psm), abi.encodeCall(PsmMarket.sellGem, (address(executor), amount)), 1);
        vm.expectCall(address(usd), abi.encodeCall(Token.approve, (address(join), amount)), 1);
        vm.expectCall(address(usd), abi.encodeCall(Token.approve, (address(psm), amount)), 0);
        assertEq(run(loopBy(leg, amount)), amount * 105 / 100 - amount);
        assertEq(usd.balanceOf(address(join)), amount);
        assertEq(usd.allowance(address(executor), address(join)), 0);
        assertEmpty();
    }

    /// @dev A gem join that is not named may take nothing, and the order fails.
    function testFuzz_RevertWhen_TheGemJoinIsNotNamed(uint256 amount) external {
        psm.setJoin(new GemJoin());
        runExpecting(
            loopBy(buy(Venue.PsmSellGem, address(psm)), boundLoan(amount)),
            abi.encodeWithSignature("Panic(uint256)", 0x11)
        );
    }

    /// @dev A leg that ends beyond the order reads there what a lender has put: refused, though it walked.
    function testFuzz_RevertWhen_ALegLiesOutside(uint256 kind, uint256 cut) external {
        bytes memory order = encoded(loop(boundKind(kind), MIN_LOAN));
        uint256 end = order.length - 0x20; // behind it stands the length of the last leg's data
        cut = bound(cut, 0x21, 0x80); // all a Uniswap leg does not read
        shorten(order, cut);

        vm.prank(operator);
        (bool ok, bytes memory reason) = address(executor).call(order);

        assertFalse(ok);
        assertEq(reason, abi.encodeWithSelector(IDepegExecutor.LegOutside.selector, end, order.length));
    }

    /// @dev One that ends with it does not.
    function testFuzz_ALegMayEndWithTheOrder(uint256 kind, uint256 cut) external {
        bytes memory order = encoded(loop(boundKind(kind), MIN_LOAN));
        shorten(order, bound(cut, 0, 0x20));

        vm.prank(operator);
        (bool ok,) = address(executor).call(order);

        assertTrue(ok);
        assertEq(usd.balanceOf(treasury), gain(MIN_LOAN));
        assertEmpty();
    }

    function encoded(Order memory order) private view returns (bytes memory) {
        return abi.encodeCall(executor.execute, (order.loan, order.guard, order.tip, order.legs));
    }

    function shorten(bytes memory data, uint256 cut) private pure {
        assembly ("memory-safe") {
            mstore(data, sub(mload(data), cut))
        }
    }
}
