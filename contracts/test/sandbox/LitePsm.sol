// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import { IDai, IToken } from "./ITokens.sol";

/// @notice Stands in for Maker's LitePSM, which is in no registry: one gem against DAI at par, each way at a fee or
/// halted. Gems lie in a pocket that lets this contract pull; DAI is minted ahead, up to the gems' worth plus `buf`.
contract LitePsm {
    /// @notice A fee of this much closes its way.
    uint256 public constant HALTED = type(uint256).max;
    uint256 private constant WAD = 1e18;

    address public immutable admin;
    IToken public immutable gem;
    IDai public immutable dai;
    address public immutable pocket;
    uint256 public immutable to18ConversionFactor;

    uint256 public tin; // WAD, taken from the DAI that selling gems yields
    uint256 public tout; // WAD, added to the DAI that buying gems costs
    uint256 public buf; // DAI kept ready beyond the gems' worth
    uint256 public line; // most DAI this may ever have minted
    uint256 public art; // DAI minted and not burnt

    event SellGem(address indexed owner, uint256 value, uint256 fee);
    event BuyGem(address indexed owner, uint256 value, uint256 fee);
    event File(bytes32 indexed what, uint256 data);
    event Fill(uint256 wad);
    event Trim(uint256 wad);

    error NotAdmin(address caller);
    error SellingHalted();
    error BuyingHalted();
    error OutOfRange(bytes32 what, uint256 data);
    error UnknownParameter(bytes32 what);
    error NothingToFill();
    error NothingToTrim();

    constructor(address admin_, IToken gem_, IDai dai_, address pocket_) {
        admin = admin_;
        gem = gem_;
        dai = dai_;
        pocket = pocket_;
        to18ConversionFactor = 10 ** (18 - gem_.decimals());
    }

    /* SWAPS */

    function sellGem(address usr, uint256 gemAmt) external returns (uint256 daiOut) {
        if (tin == HALTED) revert SellingHalted();
        daiOut = gemAmt * to18ConversionFactor;
        uint256 fee = daiOut * tin / WAD;
        daiOut -= fee;

        emit SellGem(usr, gemAmt, fee);

        gem.transferFrom(msg.sender, pocket, gemAmt);
        dai.transfer(usr, daiOut);
    }

    function buyGem(address usr, uint256 gemAmt) external returns (uint256 daiIn) {
        if (tout == HALTED) revert BuyingHalted();
        daiIn = gemAmt * to18ConversionFactor;
        uint256 fee = daiIn * tout / WAD;
        daiIn += fee;

        emit BuyGem(usr, gemAmt, fee);

        dai.transferFrom(msg.sender, address(this), daiIn);
        gem.transferFrom(pocket, usr, gemAmt);
    }

    /* DAI KEPT READY */

    /// @notice DAI that `fill` would mint.
    function rush() public view returns (uint256) {
        uint256 wanted = _wanted();
        uint256 most = wanted < line ? wanted : line;
        return most > art ? most - art : 0;
    }

    /// @notice DAI that `trim` would burn.
    function gush() public view returns (uint256) {
        uint256 wanted = _wanted();
        uint256 most = wanted < line ? wanted : line;
        uint256 excess = art > most ? art - most : 0;
        uint256 cash = dai.balanceOf(address(this));
        return excess < cash ? excess : cash;
    }

    function fill() external returns (uint256 wad) {
        wad = rush();
        if (wad == 0) revert NothingToFill();
        art += wad;

        emit Fill(wad);

        dai.mint(address(this), wad);
    }

    function trim() external returns (uint256 wad) {
        wad = gush();
        if (wad == 0) revert NothingToTrim();
        art -= wad;

        emit Trim(wad);

        dai.burn(address(this), wad);
    }

    /* SETTINGS */

    /// @notice Sets "tin" or "tout" (at most WAD, or HALTED), "buf" or "line" (DAI).
    function file(bytes32 what, uint256 data) external {
        if (msg.sender != admin) revert NotAdmin(msg.sender);
        bool isFee = what == "tin" || what == "tout";
        if (isFee && data > WAD && data != HALTED) revert OutOfRange(what, data);

        if (what == "tin") tin = data;
        else if (what == "tout") tout = data;
        else if (what == "buf") buf = data;
        else if (what == "line") line = data;
        else revert UnknownParameter(what);

        emit File(what, data);
    }

    /// @notice Who pulls the gems in. The older PSMs had a contract of its own for it; here it is this one.
    function gemJoin() external view returns (address) {
        return address(this);
    }

    function _wanted() private view returns (uint256) {
        return gem.balanceOf(pocket) * to18ConversionFactor + buf;
    }
}
