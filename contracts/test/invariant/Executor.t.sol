// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { ExecutorTest } from "../ExecutorTest.sol";
import { Thief } from "../mocks/Thief.sol";
import { HookToken, Token } from "../mocks/Token.sol";
import { Handler } from "./Handler.sol";

/// @dev What holds whatever anybody does, in any order. The numbers are DESIGN's.
contract ExecutorInvariants is ExecutorTest {
    Handler internal handler;
    Token[] internal tokens;
    address[] internal targets;

    function setUp() public override {
        super.setUp();
        _open(address(usd), address(new HookToken(18)));
        tokens = [usd, dai, Token(address(weth))];
        Thief thief = new Thief(tokens);
        thief.setVictim(address(executor));
        targets =
            [address(curve), address(v3), address(v2), address(psm), address(vault), address(router), address(thief)];
        handler = new Handler(executor, operator, bank, tokens, targets);
        targetContract(address(handler));
    }

    /// @dev 1. Between transactions the executor holds no token but what was sent it from outside an order, and no
    /// allowance from it is above zero.
    function invariant_1_ItHoldsNothingAndAllowsNothing() external view {
        for (uint256 k = 0; k < tokens.length; ++k) {
            assertLe(tokens[k].balanceOf(address(executor)), handler.gifts(tokens[k]), "holds");
            assertEq(tokens[k].allowance(address(executor), address(bank)), 0, "allows the bank");
            for (uint256 j = 0; j < targets.length; ++j) {
                assertEq(tokens[k].allowance(address(executor), targets[j]), 0, "allows a venue");
            }
        }
    }

    /// @dev 2. For any program by any caller, no balance of the executor or the treasury falls.
    function invariant_2_NoBalanceFalls() external view {
        for (uint256 k = 0; k < tokens.length; ++k) {
            assertGe(tokens[k].balanceOf(address(executor)), handler.gifts(tokens[k]), "the executor's");
        }
        assertEq(handler.lossesOfTreasury(), 0, "the treasury's");
    }

    /// @dev 3. The profit token rises by at least minProfit at the treasury, and by what is reported, or everything
    /// reverts.
    function invariant_3_TheProfitIsMadeOrNothingIs() external view {
        assertEq(handler.profitsMissed(), 0);
    }

    /// @dev 4. The transient context is zero at exit: lock, awaited callback, baselines.
    function invariant_4_NothingIsRemembered() external view {
        assertEq(handler.rememberings(), 0);
    }

    /// @dev 5. A callback from anyone but the awaited lender, or with other data, reverts.
    function invariant_5_NoForeignCallbackIsTaken() external view {
        assertEq(handler.foreignCallbacks(), 0, "from strangers");
        assertEq(HookToken(address(dai)).heard(), 0, "from the token's hook");
    }

    /// @dev 6. A stolen operator key can move nothing anywhere but to the treasury: it changes no role, puts nothing on the
    /// list, sweeps nothing, and no ether gathers in a contract that anyone could take it from.
    function invariant_6_AStolenKeyOpensNothing() external view {
        assertEq(handler.meddlings(), 0, "meddled");
        assertEq(executor.owner(), owner);
        assertEq(executor.operator(), operator);
        assertEq(executor.guardian(), guardian);
        assertEq(executor.treasury(), treasury);
        assertFalse(executor.paused());
        assertEq(address(executor).balance, 0);
    }

    /// @dev The programs are not so wild that all of them revert and prove nothing: a fair share captures.
    function test_AFairShareOfProgramsCaptures() external {
        for (uint256 seed = 0; seed < 400; ++seed) {
            handler.program(uint256(keccak256(abi.encode(seed))), address(this));
        }
        assertEq(handler.programs(), 400);
        assertGe(handler.programsCaptured(), 80, "fewer than a fifth");
    }

    /// @dev The handler is not idle: whatever it did before, an honest loop still pays afterwards.
    function afterInvariant() external {
        uint256 captures = handler.captures();
        HookToken(address(dai)).hook(address(0), "");
        handler.honest(0, 1e9);
        assertEq(handler.captures(), captures + 1, "bricked");
        uint256 programsCaptured = handler.programsCaptured();
        for (uint256 k = 0; k < 32; ++k) {
            handler.program(uint256(keccak256(abi.encode(handler.orders()))), address(this));
        }
        assertGt(handler.programsCaptured(), programsCaptured, "no program captures any more");
    }
}
