// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { Leg, Lender, Venue } from "../../src/interfaces/IDepegExecutor.sol";
import { ExecutorTest } from "../ExecutorTest.sol";
import { RouterMarket } from "../mocks/Market.sol";

/// @dev What each lender and each venue costs against the same plain counterparts, kept in contracts/snapshots:
/// `FORGE_SNAPSHOT_CHECK=true forge test` fails where the cost has changed, `forge test` alone writes it anew.
contract SnapshotsTest is ExecutorTest {
    uint256 private constant AMOUNT = 1_000_000e6;

    /// @dev The price of a two-leg loop by lender.
    function test_Lenders() external {
        string[5] memory names = ["morpho-blue", "balancer-v2", "aave-v3", "uniswap-v3", "erc-3156"];
        for (uint256 kind = 0; kind < names.length; ++kind) {
            snap(loop(Lender(kind), AMOUNT), "lenders", names[kind]);
        }
    }

    /// @dev The price of a loop whose first leg is each venue.
    function test_Venues() external {
        snap(loopBy(buy(Venue.CurveInt128, address(curve)), AMOUNT), "venues", "curve-int128");
        snap(loopBy(buy(Venue.CurveUint256, address(curve)), AMOUNT), "venues", "curve-uint256");
        snap(loopBy(buy(Venue.CurveUnderlying, address(curve)), AMOUNT), "venues", "curve-underlying");
        snap(loopBy(buy(Venue.UniswapV3, address(v3)), AMOUNT), "venues", "uniswap-v3");
        Leg memory generic = buy(Venue.Generic, address(router));
        generic.data = abi.encodeCall(RouterMarket.trade, (address(usd), address(dai), AMOUNT));
        snap(loopBy(generic, AMOUNT), "venues", "generic");
        _openVault();
        snap(loopBy(buy(Venue.Erc4626Deposit, address(vault)), AMOUNT), "venues", "erc-4626 deposit");
    }

    function snap(Order memory order, string memory group, string memory name) private {
        uint256 clean = vm.snapshotState();
        run(order);
        vm.snapshotGasLastCall(group, name);
        vm.revertToState(clean);
    }
}
