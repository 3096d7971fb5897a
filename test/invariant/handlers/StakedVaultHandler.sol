// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStakedVault} from "../../../contracts/interfaces/IStakedVault.sol";
import {IStakingActions} from "../../../contracts/interfaces/IStakingActions.sol";
import {IStakingCore} from "../../../contracts/interfaces/IStakingCore.sol";
import {StakedVault} from "../../../contracts/periphery/StakedVault.sol";
import {StakeId} from "../../../contracts/types/StakeId.sol";
import {StakePool} from "../../../contracts/types/StakePool.sol";
import {StakingFixture} from "../../helpers/solidity/StakingFixture.sol";

/// @title StakedVaultHandler
/// @notice Three accounts in two vaults of one token: on a pool without a cooldown that pays the token itself and another one, and on a
/// pool with a cooldown and a slasher that pays another one. The handler is funder, slasher, buyer and giver of gifts.
/// @dev After each action the vault's prices are compared with those before it, at one time.
contract StakedVaultHandler is StakingFixture {
    /// @dev What is seen of a vault at one time.
    struct Snap {
        uint256 supply;
        uint256 stake;
        uint256 dripping;
        uint256 unit;
        uint256 worth;
    }

    uint256 public constant VAULTS = 2;
    uint256 internal constant ACTORS = 3;
    uint256 internal constant QUEUED = 1;
    uint256 internal constant COOLDOWN = 1 days;
    uint256 private constant FUNDS = 1e27;
    uint256 private constant LIMIT = 1e22;

    mapping(bytes4 action => uint256) public succeeded;
    mapping(uint256 number => uint256) public violations;
    /// @notice Assets that came, were paid out, and that the slasher took of all, by vault.
    mapping(uint256 v => uint256) public came;
    mapping(uint256 v => uint256) public paid;
    mapping(uint256 v => mapping(uint256 stream => uint256)) public harvested;
    mapping(uint256 v => mapping(uint256 stream => uint256)) public sold;
    mapping(uint256 actor => uint256) public requested;

    StakedVault[VAULTS] public vaults;
    StakePool[VAULTS] internal _pools;
    address[ACTORS] public actors;

    constructor() {
        vm.warp(1_800_000_000);
        _deployStaking();
        for (uint256 i; i < 2; ++i) {
            _fund(home0, address(this), FUNDS);
            _fund(home1, address(this), FUNDS);
        }
        _fund(second, address(this), FUNDS);
        home0.mint(address(this), FUNDS);
        for (uint256 i; i < ACTORS; ++i) {
            actors[i] = vm.addr(311 + i);
            home0.mint(actors[i], FUNDS);
        }
        StakePool memory plain;
        (plain.stakeAsset, plain.reward0, plain.reward1) = (asset0, asset0, asset2);
        (plain.funder, plain.step) = (address(this), 1);
        _open(0, plain);
        (plain.reward0, plain.reward1, plain.cooldown) = (asset1, 0, uint32(COOLDOWN));
        (plain.slasher, plain.maxSlash, plain.step) = (address(this), 0.3e18, 1 minutes);
        _open(QUEUED, plain);
    }

    function _open(uint256 v, StakePool memory pool) private {
        _create(pool);
        _pools[v] = pool;
        IStakedVault.AuctionTerms memory terms = IStakedVault.AuctionTerms(1e20, 1e18, 2e18, 1 days);
        StakeId id = pool.toId(address(staking));
        vaults[v] = new StakedVault(
            IStakingCore(address(staking)),
            id,
            IERC20(address(home0)),
            "Vault",
            "SV",
            3 days,
            terms
        );
        home0.approve(address(vaults[v]), type(uint256).max);
        home0.approve(address(ledger), type(uint256).max);
        for (uint256 i; i < ACTORS; ++i) {
            vm.prank(actors[i]);
            home0.approve(address(vaults[v]), type(uint256).max);
        }
        bytes memory data = abi.encodeCall(IStakingActions.fund, (block.timestamp + 10 days));
        _act(pool, 0, address(this), 0, 1e20, data);
        if (pool.reward1 != 0) _act(pool, 1, address(this), 0, 1e12, data);
    }

    /* HOLDERS */

    /// @dev STV-4: as its preview, and up to its limit.
    function deposit(uint256 actor, uint256 v, uint256 amount) external {
        (actor, v, amount) = (actor % ACTORS, v % VAULTS, amount % LIMIT);
        Snap memory before = _snap(v);
        uint256 preview = vaults[v].previewDeposit(amount);
        vm.prank(actors[actor]);
        try vaults[v].deposit(amount, actors[actor]) returns (uint256 shares) {
            _require(shares == preview, 4);
            came[v] += amount;
            _judge(v, before, false);
        } catch {
            _require(preview == 0 || amount > vaults[v].maxDeposit(actors[actor]), 4);
        }
    }

    function mint(uint256 actor, uint256 v, uint256 amount) external {
        (actor, v, amount) = (actor % ACTORS, v % VAULTS, amount % LIMIT);
        Snap memory before = _snap(v);
        uint256 shares = vaults[v].convertToShares(amount);
        uint256 preview = vaults[v].previewMint(shares);
        vm.prank(actors[actor]);
        try vaults[v].mint(shares, actors[actor]) returns (uint256 assets) {
            _require(assets == preview && assets <= amount, 4);
            came[v] += assets;
            _judge(v, before, false);
        } catch {
            _require(shares > vaults[v].maxMint(actors[actor]), 4);
        }
    }

    /// @dev STV-4, STV-8: at once, or by a request.
    function exit(uint256 actor, uint256 v, uint256 seed) external {
        (actor, v) = (actor % ACTORS, v % VAULTS);
        address account = actors[actor];
        uint256 shares = vaults[v].balanceOf(account);
        if (seed % 4 != 0) shares = (shares * ((seed >> 8) % 1000)) / 1000;
        if (v == QUEUED) return _request(account, shares);
        Snap memory before = _snap(v);
        uint256 assets = vaults[v].previewRedeem(shares);
        if (seed % 2 == 0) {
            uint256 burnt = vaults[v].previewWithdraw(assets);
            vm.prank(account);
            _require(vaults[v].withdraw(assets, account, account) == burnt && burnt <= shares, 4);
        } else {
            vm.prank(account);
            _require(vaults[v].redeem(shares, account, account) == assets, 4);
        }
        paid[v] += assets;
        _judge(v, before, false);
    }

    function _request(address account, uint256 shares) private {
        StakedVault vault = vaults[QUEUED];
        Snap memory before = _snap(QUEUED);
        uint256 worth = vault.convertToAssets(shares);
        bool isFull = vault.requestsOf(account).length == 16 && vault.requestsOf(account)[0].readyAt > block.timestamp;
        vm.prank(account);
        try vault.requestRedeem(shares, account, account) {
            _require(worth != 0 && !isFull, 8);
            IStakedVault.Request[] memory requests = vault.requestsOf(account);
            IStakedVault.Request memory last = requests[requests.length - 1];
            _require(last.shares == shares && last.readyAt == block.timestamp + COOLDOWN, 8);
            _require(requests.length <= 16, 8);
            requested[_indexOf(account)] += worth;
            _judge(QUEUED, before, false);
        } catch {
            _require(worth == 0 || isFull, 8);
        }
    }

    /// @dev STV-4, STV-8: what is ready is paid as its limit says, and no more than it was worth when it was requested.
    function claim(uint256 actor, uint256 seed) external {
        StakedVault vault = vaults[QUEUED];
        address account = actors[actor % ACTORS];
        Snap memory before = _snap(QUEUED);
        (uint256 shares, uint256 assets) = (vault.maxRedeem(account), vault.maxWithdraw(account));
        _require(shares == vault.claimableRedeemRequest(0, account), 8);
        uint256 got = home0.balanceOf(account);
        vm.prank(account);
        if (seed % 3 == 0) vault.withdraw(assets, account, account);
        else if (seed % 3 == 1) _require(vault.redeem(shares, account, account) == assets, 4);
        else vault.redeem(shares / 2, account, account);
        got = home0.balanceOf(account) - got;
        _require(got <= assets && (seed % 3 == 2 || got == assets), 4);
        paid[QUEUED] += got;
        _require(requested[actor % ACTORS] >= got, 8);
        requested[actor % ACTORS] -= got < requested[actor % ACTORS] ? got : requested[actor % ACTORS];
        _judge(QUEUED, before, false);
        if (shares != 0) succeeded[msg.sig] += 1;
    }

    /* ANYONE */

    function harvest(uint256 v) external {
        v = v % VAULTS;
        Snap memory before = _snap(v);
        (uint256 amount0, uint256 amount1) = vaults[v].harvest();
        harvested[v][0] += amount0;
        harvested[v][1] += amount1;
        if (v != QUEUED) came[v] += amount0;
        _require(vaults[v].totalAssets() == before.worth || amount0 == 0, 6);
        _judge(v, before, false);
    }

    /// @dev STV-9: the whole lot, for its price, which falls.
    function buy(uint256 v, uint256 stream) external {
        (v, stream) = (v % VAULTS, stream % 2);
        Snap memory before = _snap(v);
        IStakedVault.Auction memory auction = vaults[v].auctionOf(stream);
        (uint256 lot, uint256 price) = vaults[v].previewBuy(stream);
        _require(price != 0 && price <= auction.startPrice && lot == auction.lot, 9);
        try vaults[v].buyRewards(stream, lot, price, block.timestamp, actors[0]) returns (
            uint256 got,
            uint256 payment
        ) {
            _require(lot != 0 && got == lot && payment == price, 9);
            (uint256 rest, uint256 next) = vaults[v].previewBuy(stream);
            // Twice what was paid, from the minimum up to what fits.
            _require(rest == 0 && next == Math.min(Math.max(2 * price, 1e18), type(uint96).max), 9);
            came[v] += payment;
            sold[v][stream] += lot;
            _judge(v, before, false);
        } catch {
            _require(lot == 0, 9);
        }
    }

    /// @dev STV-6: stake that comes before a harvest or a sale and leaves after it, in one block, has earned nothing.
    function sandwich(uint256 actor, uint256 v, uint256 amount) external {
        (actor, v, amount) = (actor % ACTORS, v % VAULTS, 1 + (amount % LIMIT));
        Snap memory before = _snap(v);
        address account = actors[actor];
        if (vaults[v].previewDeposit(amount) == 0) return;
        vm.prank(account);
        uint256 shares = vaults[v].deposit(amount, account);
        came[v] += amount;
        (uint256 amount0, uint256 amount1) = vaults[v].harvest();
        harvested[v][0] += amount0;
        harvested[v][1] += amount1;
        if (v != QUEUED) came[v] += amount0;
        _require(vaults[v].convertToAssets(shares) <= amount, 6);
        if (v != QUEUED) {
            vm.prank(account);
            uint256 out = vaults[v].redeem(shares, account, account);
            _require(out <= amount, 6);
            paid[v] += out;
        }
        _judge(v, before, false);
    }

    /// @dev STV-7: gifts to the vault, to its ledger balance and to its position.
    function donate(uint256 v, uint256 amount) external {
        (v, amount) = (v % VAULTS, 1 + (amount % 1e20));
        Snap memory before = _snap(v);
        home0.mint(address(vaults[v]), amount);
        _fund(home0, address(vaults[v]), amount);
        Snap memory after_ = _snap(v);
        _require(after_.stake == before.stake && after_.worth == before.worth && after_.unit == before.unit, 7);
        bytes memory data = abi.encodeCall(IStakingActions.stake, (0, address(vaults[v])));
        _act(_pools[v], 0, address(this), amount, 0, data);
        after_ = _snap(v);
        // Whoever stakes in a pool with a slasher leaves it what his shares are rounded down by, less than one costs.
        uint256 rounding = v == QUEUED ? 1 : 0;
        _require(after_.stake == before.stake && after_.worth <= before.worth + rounding, 7);
        _judge(v, before, false);
    }

    function slash(uint256 seed) external {
        Snap memory before = _snap(QUEUED);
        uint256 most = vaults[QUEUED].totalAssets() / 5;
        if (most == 0) return;
        bytes memory data = abi.encodeCall(IStakingActions.slash, (1 + (seed % most)));
        try this.act(QUEUED, data) {
            _judge(QUEUED, before, true);
        } catch {}
    }

    function act(uint256 v, bytes memory data) external {
        _act(_pools[v], 0, address(this), 0, 0, data);
    }

    function fund(uint256 v, uint256 stream, uint256 amount, uint256 duration) external {
        (v, amount, duration) = (v % VAULTS, 1e9 + (amount % 1e20), 1 hours + (duration % 20 days));
        stream = _pools[v].reward1 == 0 ? 0 : stream % 2;
        uint256 end = block.timestamp + duration;
        bytes memory data = abi.encodeCall(IStakingActions.fund, (end));
        try this.pour(v, stream, amount, data) {
            succeeded[msg.sig] += 1;
        } catch {}
    }

    function pour(uint256 v, uint256 stream, uint256 amount, bytes memory data) external {
        _act(_pools[v], stream, address(this), 0, amount, data);
    }

    function wait(uint256 duration) external {
        Snap[VAULTS] memory before = [_snap(0), _snap(1)];
        vm.warp(block.timestamp + (duration % 2 days));
        for (uint256 v; v < VAULTS; ++v) _judge(v, before[v], false);
    }

    /* JUDGEMENT */

    /// @dev STV-2: a share's part of the stake never falls; STV-3: nor does its worth, but by a slash.
    function _judge(uint256 v, Snap memory a, bool isSlash) private {
        Snap memory b = _snap(v);
        (uint256 stake, uint256 shares) = (v == QUEUED ? 1000 : 1, 1e6);
        _require((b.stake + stake) * (a.supply + shares) >= (a.stake + stake) * (b.supply + shares), 2);
        _require(isSlash || b.unit >= a.unit, 3);
        if (!isSlash || b.unit < a.unit) succeeded[msg.sig] += 1;
    }

    function _snap(uint256 v) internal view returns (Snap memory snap) {
        StakedVault vault = vaults[v];
        uint256 total;
        (total, snap.dripping, ) = vault.stakeOf();
        (snap.supply, snap.stake) = (vault.totalSupply(), total - snap.dripping);
        snap.worth = vault.totalAssets();
        snap.unit = vault.convertToAssets(1e42); // digits enough
    }

    function _indexOf(address account) private view returns (uint256 i) {
        while (actors[i] != account) ++i;
    }

    function _require(bool holds, uint256 number) internal {
        if (!holds) violations[number] += 1;
    }

    function poolOf(uint256 v) external view returns (StakePool memory) {
        return _pools[v];
    }

    function core() external view returns (IStakingCore) {
        return IStakingCore(address(staking));
    }

    function balanceIn(uint256 v, uint256 asset) external view returns (uint256) {
        return ledger.balanceOf(address(vaults[v]), asset);
    }
}
