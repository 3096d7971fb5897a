import path from "node:path";
import { expect } from "chai";
import { id as hashOf, NonceManager, Wallet } from "ethers";
import { findAnvil } from "../../scripts/lib/devnet.js";
import { startRelayer } from "../../scripts/lib/relayer/relayer.js";
import { loadBls } from "../../src/bls/bls.js";
import {
  coverProduct,
  createLakh,
  insuranceOperations,
  offeringOf,
  offeringPrice,
  riskTerms,
  rwaId,
  rwaOperations,
  sendRequest,
  underwritingTerms,
  type LakhRequest,
  type OrderOperation,
  type RelayerClientError,
} from "../../src/index.js";
import { MockCoverOracle__factory } from "../../typechain-types/index.js";
import { at } from "../helpers/deploy.js";
import { openSession, relayerOptions } from "../helpers/relayer/session.js";
import { startSuite, WAD } from "../helpers/relayer/suite.js";

const CLIENTS = 3;
const DAY = 86_400n;
const GERMANY = 276n;
const FOREVER = (1n << 40n) - 1n;
/** Days that have passed when the relayer begins. */
const PAST = 40n;

describe("insurance and regulated assets by the relayer", function () {
  this.timeout(120_000);

  it("settles operations on pools, risks, units, incomes and offerings, and refuses what there is not", async function () {
    if (findAnvil() === undefined) this.skip();
    const bls = await loadBls();
    const opening = BigInt(Math.floor(Date.now() / 1_000)) - PAST * DAY;
    const suite = await startSuite({ bls, count: CLIENTS, timestamp: Number(opening) });
    let session: Awaited<ReturnType<typeof openSession>> | undefined;
    try {
      const { deployed, devnet, token: asset, ledger, members } = suite;
      const { provider } = devnet;
      const deployer = new NonceManager(await provider.getSigner(0));
      const token = `0x${asset.toString(16).padStart(40, "0")}`;
      const lakh = createLakh({ addresses: deployed, runner: provider, account: suite.deployer });
      const { insurance, rwa } = lakh;
      // Of members the receiver is whoever sends.
      const mine = createLakh({ addresses: deployed });
      const send = async (request: LakhRequest) => (await sendRequest(deployer, request)).wait();
      const sendAs = async (index: number, request: LakhRequest) => {
        const signer = await provider.getSigner(at(members, index).address);
        return (await sendRequest(signer, request)).wait();
      };
      const passTo = async (time: bigint): Promise<void> => {
        const now = BigInt((await provider.getBlock("latest"))?.timestamp ?? 0);
        await provider.send("evm_increaseTime", [Number(time - now)]);
        await provider.send("evm_mine", []);
      };
      const balanceOf = (index: number, id = asset) => ledger.balanceOf(at(members, index).address, id);

      // Before: cover of a risk, of which half is lost; an exit that is ready; and units that bore income.
      const oracle = await new MockCoverOracle__factory(deployer).deploy();
      await oracle.waitForDeployment();
      const capital = { token, desk: deployed.coverDesk, manager: suite.deployer, maxWindow: 60n * DAY };
      const [pool, quiet] = [underwritingTerms(capital), underwritingTerms({ ...capital, cooldown: DAY })];
      for (const terms of [pool, quiet]) {
        await send(insurance.createPool({ terms }));
        await send(insurance.deposit({ terms, assets: 10_000n * WAD }));
      }
      const rates = { min: WAD / 50n, kink: WAD / 10n, max: WAD, kinkAt: WAD / 2n };
      const product = coverProduct({ pool, rates, oracle: await oracle.getAddress(), terms: "" });
      await send(insurance.createProduct({ product }));
      const riskFrom = async (time: bigint, name: string) => {
        const times = { cutoff: time + 5n * DAY, end: time + 6n * DAY, reportBy: time + 20n * DAY };
        const productId = await insurance.productIdOf({ product });
        return {
          asset,
          risk: riskTerms({ product: productId, oracleData: hashOf(name), terms: "", baseRate: 0n, ...times }),
        };
      };
      const lost = await riskFrom(opening + DAY, "lost");
      await send(insurance.openRisk(lost));
      await sendAs(0, mine.insurance.buy({ ...lost, units: 100n * WAD, maxCost: 100n * WAD }));
      await sendAs(1, mine.insurance.deposit({ terms: quiet, assets: 50n * WAD }));
      const shares = await balanceOf(1, (await insurance.poolOf({ terms: quiet })).shareId);
      await sendAs(1, mine.insurance.requestExit({ terms: quiet, shares }));

      const salt = hashOf("12 Main Street");
      const id = rwaId({ rwa: deployed.rwa, salt });
      const named = { name: "12 Main Street", symbol: "MAIN12", decimals: 18n, owner: suite.deployer };
      await send(rwa.issue({ salt, terms: { ...named, payAsset: asset, cap: 10_000n * WAD } }));
      const eligible = { sendUntil: FOREVER, receiveUntil: FOREVER, country: GERMANY, classes: 0n };
      const accounts = [suite.deployer, ...members.map(({ address }) => address)];
      await send(rwa.setAccounts({ statements: accounts.map((account) => ({ account, ...eligible })) }));
      await send(rwa.mint({ id, to: suite.deployer, amount: 900n * WAD }));
      await send(rwa.mint({ id, to: at(members, 0).address, amount: 100n * WAD }));
      const midnight = opening - (opening % DAY) + 12n * DAY;
      await send(rwa.distribute({ id, payAsset: asset, amount: 1_000n * WAD, end: midnight }));
      await passTo(opening + 8n * DAY);
      await oracle.set(true, 500_000_000n);
      await send(insurance.report({ ...lost, proof: "0x" }));

      // Now: a risk and an offering that are open.
      await passTo(opening + PAST * DAY);
      const now = BigInt(Math.floor(Date.now() / 1_000));
      const open = await riskFrom(now, "open");
      await send(insurance.openRisk(open));
      await send(rwa.setApproval({ id, protocol: deployed.rwaOffering, approvals: ["venue"] }));
      const price = offeringPrice({ amount: 50n * WAD, units: WAD });
      const offer = offeringOf({
        ...{ payAsset: asset, asset: id, seller: suite.deployer, start: now - DAY, end: now + 30n * DAY, fee: 0n },
        ...{ price, hardCap: 100n * WAD },
      });
      await send(rwa.offering.create({ terms: offer, units: 100n * WAD, maxListingFee: 0n }));
      const [cover, sold] = [insurance.coverIdOf(lost), insurance.coverIdOf(open)];
      const { shareId } = await insurance.poolOf({ terms: quiet });
      for (const debited of [cover, id]) await sendAs(0, mine.ledger.setConsent({ asset: debited, versions: [0] }));
      await sendAs(2, mine.ledger.setConsent({ asset: shareId, versions: [0] }));

      const { underwritingPool, coverDesk, rwa: core, rwaOffering } = deployed;
      session = await openSession({ bls, suite, protocols: { underwritingPool, coverDesk, rwa: core, rwaOffering } });
      const { settle, submit, folder } = session;
      const onQuiet = { pools: underwritingPool, terms: quiet };
      const onLost = { desk: coverDesk, ...lost };
      const onOpen = { desk: coverDesk, ...open };
      const onOffer = { offering: rwaOffering, terms: offer };
      const income = { rwa: core, id, payAsset: asset };
      const before = await Promise.all([0, 1, 2].map((index) => balanceOf(index)));
      const owed = await rwa.holdingOf({ id, account: at(members, 0).address });
      expect(
        await settle([
          [
            0,
            [
              insuranceOperations.redeemCover({ ...onLost, units: 40n * WAD, minPaid: 20n * WAD, sequence: 0 }),
              rwaOperations.claimIncome({ ...income, sequence: 0 }),
            ],
          ],
          [
            1,
            [
              insuranceOperations.claimExit({ ...onQuiet, requestId: 1n, sequence: 0 }),
              insuranceOperations.buyCover({ ...onOpen, cost: WAD, minCover: WAD, sequence: 1 }),
            ],
          ],
          [
            2,
            [
              insuranceOperations.underwrite({ ...onQuiet, assets: 30n * WAD, minShares: 1n, sequence: 0 }),
              rwaOperations.subscribe({ ...onOffer, units: 2n * WAD, sequence: 1 }),
            ],
          ],
        ]),
      ).to.deep.equal(Array.from({ length: CLIENTS }, () => ["executed", "executed"]));
      const after = await Promise.all([0, 1, 2].map((index) => balanceOf(index)));
      expect(owed.income).to.be.closeTo(100n * WAD, 10n);
      expect(after.map((amount, index) => amount - at(before, index))).to.deep.equal([
        ...[20n * WAD + owed.income, 50n * WAD - WAD, -30n * WAD - 100n * WAD],
      ]);
      expect(await balanceOf(0, cover)).to.equal(60n * WAD);
      expect(await balanceOf(1, sold)).to.be.greaterThan(WAD);
      expect(await balanceOf(2, id)).to.equal(2n * WAD);
      const held = await balanceOf(2, shareId);
      expect(held).to.be.greaterThan(0n);

      expect(
        await settle([
          [2, [insuranceOperations.requestExit({ ...onQuiet, shares: held, minAssets: 29n * WAD, sequence: 0 })]],
          [0, [rwaOperations.transfer({ id, amount: 7n * WAD, to: at(members, 1).id, sequence: 0 })]],
        ]),
      ).to.deep.equal([["executed"], ["executed"]]);
      expect((await insurance.exitRequestOf({ terms: quiet, requestId: 2n })).owner).to.equal(at(members, 2).address);
      expect([await balanceOf(0, id), await balanceOf(1, id)]).to.deep.equal([93n * WAD, 7n * WAD]);

      const refusalOf = async (operation: OrderOperation) => {
        const { answer } = await submit(1, [operation]);
        return answer.type === "refused" ? `${answer.code}: ${answer.reason}` : answer.type;
      };
      const none = "unsupported: the protocol has no such book";
      const strange = "unsupported: the protocol has no such operation";
      const common = { sequence: 2 };
      const buy = insuranceOperations.buyCover({ ...onOpen, ...common, cost: WAD, minCover: 1n });
      const deposit = insuranceOperations.underwrite({ ...onQuiet, ...common, assets: WAD });
      const subscribe = rwaOperations.subscribe({ ...onOffer, ...common, units: WAD });
      const claim = rwaOperations.claimIncome({ ...income, ...common });
      const unknown = { ...open.risk, oracleData: hashOf("unknown") };
      expect(
        await refusalOf(insuranceOperations.buyCover({ ...onOpen, ...common, risk: unknown, cost: WAD, minCover: 1n })),
      ).to.equal(none);
      expect(await refusalOf({ ...deposit, section: { ...deposit.section, key: hashOf("none") } })).to.equal(none);
      expect(await refusalOf({ ...subscribe, section: { ...subscribe.section, asset0: 5n } })).to.equal(none);
      expect(
        await refusalOf({
          ...claim,
          section: { ...claim.section, asset0: BigInt(deployed.usd) },
        }),
      ).to.equal(none);
      for (const [operation, kind] of [
        [buy, 3],
        [deposit, 1],
        [subscribe, 3],
        [subscribe, 1],
        [claim, 0],
      ] as const) {
        expect(await refusalOf({ ...operation, kind }), `${kind}`).to.equal(strange);
      }
      const foreign = rwaId({ rwa: deployed.staking, salt });
      expect(await refusalOf(rwaOperations.transfer({ id: foreign, amount: 1n, to: 0, sequence: 0 }))).to.equal(
        "unsupported: this relayer does not know the asset's issuer",
      );
      const referred = insuranceOperations.buyCover({
        ...onOpen,
        ...common,
        cost: WAD,
        minCover: 1n,
        referrer: suite.deployer,
      });
      const own = await submit(1, [referred]).catch((error: unknown) => error as RelayerClientError);
      expect(own).to.have.property("code", "OwnParameters");
      for (const [name, what] of [
        ["coverDesk", "cover desk"],
        ["rwa", "core of regulated assets"],
      ] as const) {
        const wrong = startRelayer({
          ...relayerOptions(suite),
          ...{ database: path.join(folder, "other.sqlite"), [name]: Wallet.createRandom().address },
        });
        expect(String(await wrong.catch((error: unknown) => error))).to.include(
          `no ${what} of the settlement's ledger`,
        );
      }
    } finally {
      await session?.close();
      await suite.devnet.stop();
    }
  });
});
