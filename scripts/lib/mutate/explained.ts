import type { Mutant } from "./mutant.js";

/** Names a change by its lines, so that they may move; two changes of one function never have the same name. */
export function explanationKey({ file, scope, lines }: Pick<Mutant, "file" | "scope" | "lines">): string {
  const words = (text: string): string => text.replace(/\s+/g, " ").trim();
  return `${file.replace("contracts/", "")} ${scope}: ${words(lines.before)} -> ${words(lines.after)}`;
}

/** Changes that no caller can see but by the gas that they cost, and why. They count as no change of the code. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "core/LedgerSections.sol _settleOperation: if (side < 2) _logFor(frame, leg, head.account(), frame.feeTo, leg.fee); -> if (true) _logFor(frame, leg, head.account(), frame.feeTo, leg.fee);":
    "The legs of sides 2 and 3 have no fee, and nothing is logged of an amount of 0.",
  "amm/AmmSections.sol _collectRun: if or(gt(kind, 1), lt(amount, LEAST_TRADE)) { -> if or(iszero(lt(kind, 1)), lt(amount, LEAST_TRADE)) {":
    "A run that ends early: what it leaves is done one by one, with the same outcome at more gas.",
  "core/LedgerSections.sol _debitRun: let slot := keccak256(0, 64) // of _cells[key][account] -> let slot := keccak256(0, 65) // of _cells[key][account]":
    "The word at another slot is empty, so the run ends at its first operation: what it leaves is done one by one, with the same outcome at more gas.",
  "amm/AmmSections.sol _collectRun: for {} lt(position, end) { -> for {} 0 {":
    "A run that ends early: what it leaves is done one by one, with the same outcome at more gas.",
  "amm/AmmSections.sol _collectRun: if or(iszero(worst), lt(worst, and(shr(112, body), HALF_MASK))) { -> if or(iszero(worst), iszero(gt(worst, and(shr(112, body), HALF_MASK)))) {":
    "A run that ends early: what it leaves is done one by one, with the same outcome at more gas.",
  "amm/AmmSections.sol _collectRun: if or(iszero(worst), lt(worst, and(shr(112, body), HALF_MASK))) { -> if or(iszero(worst), lt(worst, HALF_MASK)) {":
    "A run that ends early: what it leaves is done one by one, with the same outcome at more gas.",
  "core/LedgerSections.sol _debitRun: or(iszero(amount), gt(debit, shr(144, shl(mload(add(leg, 0x40)), word)))), -> or(iszero(amount), gt(debit, shr(145, shl(mload(add(leg, 0x40)), word)))),":
    "A run that ends early: what it leaves is done one by one, with the same outcome at more gas.",
  "core/LedgerSections.sol _debitRun: mstore(32, mload(add(leg, 0x20))) -> mstore(32, mload(add(leg, 0x21)))":
    "The word at another slot is empty, so the run ends at its first operation: what it leaves is done one by one, with the same outcome at more gas.",
  "core/LedgerSections.sol _debitRun: let leg := mload(add(legs, and(shr(75, head), 0x60))) // legs[head.side()] -> let leg := mload(add(legs, 0x60)) // legs[head.side()]":
    "The leg of side 3 is never quiet, so no run begins: all is done one by one, with the same outcome at more gas.",
  "core/LedgerSections.sol settle: mstore(add(frame, 32), or(selector, shr(32, shl(32, mload(add(frame, 32)))))) -> mstore(add(frame, 32), selector)":
    "What is kept are the first 28 of the 32 bytes of an offset, which are 0 in any call that fits into a block.",
  "core/LedgerSections.sol _tryDebit: if (!leg.isQuiet && !(moves ? _isAgreed(frame, leg, from, to, amount) : _mayReceive(frame, from))) return false; -> if (!(moves ? _isAgreed(frame, leg, from, to, amount) : _mayReceive(frame, from))) return false;":
    "A quiet leg has no RULES, so there is nobody who would be asked, at more gas.",
  "core/Settlement.sol _beginAny: if (stop > parts.signers) stop = parts.signers; -> if (stop >= parts.signers) stop = parts.signers;":
    "Where both are equal it sets what is there.",
  "libraries/Bls.sol verify: if (key[0] | key[1] | key[2] | key[3] == 0) return false; -> if (key[0] | key[1] | key[2] & key[3] == 0) return false;":
    "It refuses keys with x = 0 as well: those are the points (0, ±2) outside of the subgroup, which the pairing refuses.",
  "libraries/PlainRecords.sol read: mstore(add(cursor, 0xe0), page) -> {}":
    "Places rise, so no record comes back to an earlier page: each opens its page anew, at more gas.",
  "libraries/PlainRecords.sol read: extcodecopy(mload(add(cursor, 0x100)), add(sum, 144), add(1, mul(row, 121)), 121) -> extcodecopy(mload(add(cursor, 0x100)), add(sum, 144), add(1, mul(row, 121)), 122)":
    "The byte more lies behind all that is read of the row.",
  "libraries/KeySum.sol addRow: mcopy(add(sum, 208), add(sum, 192), 48) -> mcopy(add(sum, 208), add(sum, 192), 49)":
    "The byte more lies behind all that the precompile reads, and what was there has been read.",
  "amm/AmmPools.sol _load: if (holdings.isRange()) { -> if (true) {":
    "The offsets of a pool without a range are 0, at more gas.",
  "amm/AmmLiquidity.sol _close: if (pool.isRange()) (stored.offset0, stored.offset1) = (uint128(pool.offset0), uint128(pool.offset1)); -> if (true) (stored.offset0, stored.offset1) = (uint128(pool.offset0), uint128(pool.offset1));":
    "The offsets of a pool without a range are 0, at more gas.",
  "libraries/AmmOracle.sol _extended: if (elapsed == 0) return latest; -> if (false) return latest;":
    "Nothing is added for no time.",
  "libraries/AmmMath.sol _sharesOf: uint256 most = Math.min(((MAX_OFFSET + 1) * OFFSET_SCALE - 1) / rate, MAX_AMOUNT * VIRTUAL_SCALE); -> uint256 most = Math.min(((MAX_OFFSET + 1) * OFFSET_SCALE - 2) / rate, MAX_AMOUNT * VIRTUAL_SCALE);":
    "They differ for a rate that divides 2^199 − 1 alone, whose only divisors are 1, two primes of 38 and 162 bits and itself; for the smaller ones the other bound is the lower, and rates have 128 bits.",
  "amm/AmmLiquidity.sol _create: if (key.flags & ORACLE != 0) _oracles[id].init(); -> if (key.flags | ORACLE != 0) _oracles[id].init();":
    "A pool without an oracle is never asked for its history, which would be begun in vain.",
  "core/Settlement.sol Settlement: uint256 private constant LAST = 0x8000; -> uint256 private constant LAST = 0x8001;":
    "The bit more is kept where nobody reads it.",
  "libraries/BatchReader.sol readTypes: if (argumentForm >= FORM_FLOAT) packed |= (argumentForm + 1 - FORM_FLOAT) << 88; -> if (argumentForm >= FORM_FLOAT) packed |= (argumentForm + 1 + FORM_FLOAT) << 88;":
    "The 256 more lies above all that is read of a type.",
  "amm/AmmSections.sol _collect: if (_isEligible(sides, kind, body.amount(), body.limit())) sides[kind].sold += body.amount(); -> if (_isEligible(sides, kind, body.amount(), body.limit())) sides[kind].sold -= body.amount();":
    "Only orders whose product exceeds 256 bits come here; no price that they leave is in the band, so the section fails in either way.",
  "amm/AmmSections.sol _collectRun: if sub(div(product, amount), mload(side)) { -> if 0 {":
    "What a product beyond 256 bits wraps to is less than it is: either the run ends, and the order is looked at in whole numbers, or an order is counted that is eligible.",
  "core/Settlement.sol _nextFallback: bool isFine = signer >= least && signer < parts.signers && uint8(w >> 192) < 2 && end <= parts.excluded; -> bool isFine = uint8(w >> 192) < 2 && end <= parts.excluded;":
    "Whom it names wrongly nobody comes to, so it is refused when all is read, with the same error at the same place.",
  "libraries/AdaptiveCurve.sol exp: int256 q = (x + (x < 0 ? -(LN_2 / 2) : LN_2 / 2)) / LN_2; -> int256 q = (x + (x < 1 ? -(LN_2 / 2) : LN_2 / 2)) / LN_2;":
    "They differ for x = 0, where half of ln 2, added or taken off, is no whole ln 2.",
  "libraries/AdaptiveCurve.sol next: if (adaptation != 0) { -> if (adaptation != 1) {":
    "Where it is 0 the rate is adapted by e^0 = 1; by e^(10^-18) it is the same, as rates are below 2^40.",
  "libraries/LendingMath.sol liquidatableShares: if (needed >= debt || debt - needed <= terms.closeOutDebt) return borrowShares; -> if (needed > debt || debt - needed <= terms.closeOutDebt) return borrowShares;":
    "Where both are equal nothing would be left, which is below any close-out debt.",
  "libraries/LendingMath.sol liquidate: if (seized == collateral && left != 0) { -> if (seized == collateral) {":
    "What is left is 0, and so is its debt.",
  "lending/LendingMarkets.sol _closeOutOf: if (closeOut == LONG_DEBT) return stored.closeOutDebt; -> if (true) return stored.closeOutDebt;":
    "The short form is what is stored, at more gas.",
  "lending/LendingMarkets.sol _setFee: if (hadFee && steps == 0) steps = PAST_FEE; -> if (steps == 0) steps = PAST_FEE;":
    "A market that never had a fee keeps a place for the shares of one, 0 of them, at more gas.",
  "libraries/OracleMath.sol scaleOf: scale = exponent < 0 ? Scale(1, 10 ** uint256(-exponent)) : Scale(10 ** uint256(exponent), 1); -> scale = exponent < 1 ? Scale(1, 10 ** uint256(-exponent)) : Scale(10 ** uint256(exponent), 1);":
    "10^0 is 1 in either half.",
  "periphery/LendingVaultMarkets.sol _planWithdrawal: ++count; -> {}":
    "What comes from one market goes over the vault's ledger balance instead of straight to the receiver, at more gas.",
  "periphery/LendingVault.sol _maxDeposit: if (price < shares) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares)); -> if (true) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares));":
    "Where a share costs a unit or more, there is room for as many shares as there are assets: the other bound is the lower.",
  "periphery/LendingVault.sol _maxDeposit: if (price < shares) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares)); -> if (price <= shares) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares));":
    "As above, where a share costs just a unit.",
  "periphery/LendingVaultRisk.sol submitCap: if (newCap < cap) { -> if (newCap <= cap) {":
    "A cap that is the same is refused before.",
  "periphery/LendingVaultRisk.sol submitTimelock: if (newTimelock > timelock) return _setTimelock(newTimelock); -> if (newTimelock >= timelock) return _setTimelock(newTimelock);":
    "A timelock that is the same is refused before.",
  "periphery/LendingVaultMarkets.sol _room: for (uint256 i; i < QUEUE_SIZE && queue.numberAt(i) != 0; ++i) { -> for (uint256 i; i < QUEUE_SIZE; ++i) {":
    "Behind the end of the queue are numbers of no market, at more gas.",
  "periphery/LendingVaultRisk.sol _list: stored.isExternal = market.irm != ADAPTIVE_CURVE && market.irm != NO_INTEREST; -> stored.isExternal = market.irm != NO_INTEREST;":
    "The address that is stored is that of the adaptive curve, at more gas.",
  "periphery/LendingVault.sol _snapshot: if (rate == 0 || total <= last) return now_; -> if (rate == 0 || total < last) return now_;":
    "No gain makes no share.",
  "staking/StakingPools.sol _close: if (pool.settings & SLASHER != 0) _pools[id].shares = uint96(pool.shares); // checked to fit -> if (true) _pools[id].shares = uint96(pool.shares); // checked to fit":
    "A pool without a slasher has no shares of its own: 0 is written over 0, at more gas.",
  "staking/StakingPools.sol _closeStreams: if (pool.settings & SECOND != 0) _storeSecond(stored, pool); -> if (true) _storeSecond(stored, pool);":
    "A second stream that is none is 0, over 0, at more gas.",
  "periphery/StakedVaultExits.sol _claimableShares: for (uint256 i = account.first; i < account.next && _isReady(account.requests[i]); ++i) { -> for (uint256 i = account.first; i <= account.next && _isReady(account.requests[i]); ++i) {":
    "A request that is not there has no shares.",
  "periphery/StakedVaultPool.sol _compound: uint256 left = dripping == 0 ? 0 : stake.end - block.timestamp; -> uint256 left = dripping == 0 ? 1 : stake.end - block.timestamp;":
    "It counts by what drips, which is nothing.",
  "periphery/StakedVaultExits.sol _paymentOf: if (_HAS_SLASHER) line.pool.poolAssets += assets - paid; -> if (true) line.pool.poolAssets += assets - paid;":
    "Without a slasher a share is a unit, and no payment leaves a rest.",
  "periphery/StakedVault.sol constructor: if (!_isIssued()) token.forceApprove(address(LEDGER), type(uint256).max); -> if (!_isIssued()) token.forceApprove(address(LEDGER), (type(uint256).max - 1));":
    "The allowance is of more than there is of any token that the ledger takes.",
  "periphery/StakedVault.sol _maxDeposit: if (!_isIssued()) { -> if (true) {":
    "The ledger has none of a facade's units, so the bound is 2^112, which the pool's is below.",
  "libraries/RwaWords.sol RwaWords: uint256 private constant NUMBER_SHIFT = 32; -> uint256 private constant NUMBER_SHIFT = 33;":
    "Numbers of assets stand a bit higher, and stamps are twice as far apart, until there are 2^31 assets; their first day has 32 bits until 2106.",
  "rwa/RwaAssets.sol _encumber: bool was = stored.frozen != 0 || stored.pledged != 0 || stored.isFrozen; -> bool was = stored.isFrozen;":
    "An account is counted as encumbered in too many assets, never in too few: what is frozen or pledged of it is read in vain, at more gas.",
  "rwa/RwaCore.sol _delegate: let free := mload(64) -> let free := mload(65)":
    "The call and its answer are copied further on in memory, to 2^15 instead of 2^7, at more gas.",
  "rwa/RwaIncome.sol _takeFee: asset.feeDue = due < type(uint128).max ? uint128(due) : type(uint128).max; -> asset.feeDue = due < (type(uint128).max - 1) ? uint128(due) : type(uint128).max;":
    "A fee is below 2^96 a day, and there are fewer than 2^16 days until 2106, when dates of 32 bits end: no more than 2^112 is ever due.",
  "rwa/RwaIncome.sol _tryClaim: if (_loadMark(place) != 0) _storeMark(place, 0); -> if (_loadMark(place) != 1) _storeMark(place, 0);":
    "A mark is 0 or, as it holds a growth, 2^96 and more: 0 is written over 0, at more gas.",
  "rwa/RwaIncome.sol _tryClaim: if (_loadMark(place) != 0) _storeMark(place, 0); -> if (_loadMark(place) != 0) _storeMark(place, 1);":
    "A mark of no growth adds nothing, at more gas.",
};

/** Other survivors, and why no test that the run may take finds them. They lower the score. */
export const EXPLAINED: Readonly<Record<string, string>> = {
  "core/Settlement.sol _hasSigned: uint256 available = (gasleft() * 63) / 64; -> uint256 available = (gasleft() * 63) * 64;":
    "“reverts by name when a wallet cannot have its cap” finds it (test/unit/core/Settlement.fallback.test.ts); it counts gas, so no run on instrumented code has it.",
  "core/Settlement.sol _hasSigned: uint256 available = (gasleft() * 63) / 64; -> uint256 available = (gasleft() * 63) / 65;":
    "It asks for 1.5 % more gas than there has to be: at the edge a batch reverts that would pass, and can be sent again.",
  "core/Settlement.sol _hasSigned: uint256 needed = AccountSignature.CONTRACT_GAS + GAS_RESERVE + _gasToCopy(signature.length); -> uint256 needed = AccountSignature.CONTRACT_GAS + GAS_RESERVE - _gasToCopy(signature.length);":
    "“asks a wallet with its whole cap or reverts as a whole, however long its signature is” counts gas, so no run on instrumented code has it (test/unit/core/Settlement.fallback.test.ts).",
  "libraries/PlainRecords.sol read: let place := add(mload(add(cursor, 0x20)), add(1, and(shr(248, w), 0x7f))) -> let place := add(mload(add(cursor, 0x20)), add(1, or(shr(248, w), 0x7f)))":
    "Wrong rows are empty in a directory of a few accounts, so the run ends and the record is read the other way. The thousand accounts of test/integration/settlement-thousand.test.ts find it; it is too slow for the run.",
  "libraries/PlainRecords.sol read: let row := xor(place, mload(add(cursor, 0xc0))) -> let row := or(place, mload(add(cursor, 0xc0)))":
    "As above: wrong rows are empty in a directory of a few accounts.",
  "libraries/BatchReader.sol readSections: check(parts, offset + LEAF_0 <= parts.chunks, offset); -> check(parts, offset + LEAF_0 < parts.chunks, offset);":
    "They differ for a first leaf that names no section. No operation could be of any, so it is refused either way.",
  "core/LedgerSections.sol _debitRun: or(xor(mload(0), shr(96, head)), xor(mload(32), mload(add(leg, 0x20)))) -> or(xor(mload(0), shr(96, head)), and(mload(32), mload(add(leg, 0x20))))":
    "They differ for two assets whose ids have no bit in common.",
  "libraries/PlainRecords.sol read: isFine := and(isFine, lt(next, mload(add(section, 0x20)))) -> isFine := and(isFine, lt(next, mload(add(section, 0x21))))":
    "A section with more operations than it has room for reverts the batch when all is read, at the same place; until then it writes beyond its room.",
  "libraries/AccountPage.sol AccountPage: uint256 internal constant MAX_ADDRESS_ROWS = 256; -> uint256 internal constant MAX_ADDRESS_ROWS = 257;":
    "“reverts without an address and with more than 256” finds it on the ordinary build (test/unit/core/AddressBook.test.ts); it is not among the tests that are steady on code without the optimizer.",
  "libraries/LendingMath.sol _addFee: uint256 shares = _toDown(assets, market.supplyShares + VIRTUAL_SHARES, others + VIRTUAL_ASSETS); -> uint256 shares = _toDown(assets, market.supplyShares - VIRTUAL_SHARES, others + VIRTUAL_ASSETS);":
    "“is shares at the price without them, to the unit” finds it (test/unit/lending/LendingCore.markets.test.ts), which was written for it; it was not judged again.",
  "libraries/LendingFlags.sol updatedNow: if (time == 0) time = TIME_MASK; -> if (time == 0) {}":
    "“is a market in the second in which its time begins anew, too” finds it (test/unit/lending/LendingCore.markets.test.ts), which was written for it; it was not judged again.",
  "lending/LendingActions.sol _holdsPledge: if (account == address(0) || account == actor || !_takesPledges(stored)) return false; -> if (account == address(1) || account == actor || !_takesPledges(stored)) return false;":
    "It differs for pledges of the zero address, which has none.",
  "libraries/LendingRates.sol LendingRates: uint256 private constant SLACK = 5_000; -> uint256 private constant SLACK = 5001;":
    "One gas more is kept than has to be.",
  "oracle/AmmTwapOracle.sol _rangeOf: high -= high / EDGE; -> {}":
    "A thousandth of the price at the edge of a range pool: no test of the run goes so near to it.",
  "oracle/AmmTwapOracle.sol _rangeOf: low += low / EDGE; -> {}": "As above, at the lower edge.",
  "periphery/LendingVault.sol setFeeRecipient: function setFeeRecipient(address newFeeRecipient) external onlyOwner nonReentrant { -> function setFeeRecipient(address newFeeRecipient) external onlyOwner {":
    "The lock keeps the owner out of a callback of his own vault's token. No test of the run has a token call the owner.",
  "periphery/LendingVaultMarkets.sol _roomOf: room = room.min(WordLib.MAX_AMOUNT - leg.market.idle); -> room = room.min(WordLib.MAX_AMOUNT + leg.market.idle);":
    "A bound that counts where a market holds nearly 2^112 units.",
  "periphery/LendingVaultMarkets.sol _roomOf: return room.min(leg.market.toSupplyAssetsUp(shares + 1) - 1); -> return room.min(leg.market.toSupplyAssetsUp(shares - 1) - 1);":
    "A bound that counts where a market has nearly 2^112 shares.",
  "periphery/LendingVault.sol _maxDeposit: if (price < shares) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares)); -> if (false) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares));":
    "A bound that counts for shares near 2^224, after a loss of nearly everything.",
  "periphery/LendingVault.sol _maxDeposit: if (price < shares) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares)); -> if (price < shares) {}":
    "As above.",
  "periphery/LendingVaultRisk.sol _list: require(number <= MAX_NUMBER, VaultTooManyMarkets(number, MAX_NUMBER)); -> require(number < MAX_NUMBER, VaultTooManyMarkets(number, MAX_NUMBER));":
    "It differs for the 255th market that a vault lists.",
  "periphery/LendingVaultRisk.sol _enable: if (_markets[number - 1].shares != 0) { -> if (_markets[number - 1].shares != 1) {":
    "The fee is taken a little earlier.",
  "libraries/StakeMath.sol slashable: maximum = ((stayed < base ? stayed : base) * maxSlash) / WAD; -> maximum = ((true ? stayed : base) * maxSlash) / WAD;":
    "It differs for stake that comes within a period in which was slashed; the Solidity tests that slash so are left to a later run.",
  "staking/StakingPositions.sol _tryClaimUnstaked: if (pool.settings & SLASHER != 0) pool.assets += payment.excess; -> if (pool.settings & SLASHER != 0) {}":
    "“a share made dear by roundings makes no request larger than its counter holds” finds it (test/integration/attacks/staking.test.ts); a minute long, it is left out of the run.",
  "libraries/StakeMath.sol slashable: uint256 above = totalAssets > floor ? totalAssets - floor : 0; -> uint256 above = true ? totalAssets - floor : 0;":
    "Roundings favour who stays, so assets do not fall below the floor; a slash leaves at least that.",
  "periphery/StakedVaultExits.sol _paymentOf: if (_HAS_SLASHER) line.pool.poolAssets += assets - paid; -> if (false) line.pool.poolAssets += assets - paid;":
    "It differs where an exit is worth more when it is paid than when it was requested, which roundings alone bring about.",
  "periphery/StakedVaultExits.sol _claimShares: if (shares != 0) assets = uint256(account.assets).mulDiv(shares, account.shares); -> if (shares != 1) assets = uint256(account.assets).mulDiv(shares, account.shares);":
    "A single share is 10^-6 of a unit, and worth none.",
  "periphery/StakedVaultPool.sol _compound: uint256 end = block.timestamp + left.max(1); -> uint256 end = block.timestamp + left.max(2);":
    "It differs where all that drips would drip within a second.",
  "periphery/StakedVault.sol StakedVault: uint8 private constant MIN_DECIMALS = 18; -> uint8 private constant MIN_DECIMALS = 19;":
    "“has six decimals more than its token, and 18 at least” finds it (test/unit/staking/StakedVault.harvest.test.ts); the run that judged it again had spent its time before.",
};

/** Why the mutant survives, if that is known. */
export function reasonOf(mutant: Mutant): string | undefined {
  return EQUIVALENT[explanationKey(mutant)] ?? EXPLAINED[explanationKey(mutant)];
}

export const isExplained = (mutant: Mutant): boolean => reasonOf(mutant) !== undefined;
