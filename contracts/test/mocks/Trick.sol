// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev What a hostile venue or lender does instead of what it should.
enum Trick {
    None,
    Silent, // does not call back, nor ask for anything
    Twice, // calls back again
    Reenter, // calls `execute` from within
    WrongData, // calls back with other data
    WrongInitiator,
    WrongToken,
    WrongAmount,
    Short, // lends or pays less than it says
    TakeLess, // does not take what it was allowed
    TakeMore, // asks for more than was agreed
    Fail
}
