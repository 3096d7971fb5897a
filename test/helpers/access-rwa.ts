import { ZeroAddress, ZeroHash } from "ethers";
import { IEligibilityRegistry__factory, IRwaAgency__factory, RwaAgency__factory } from "../../typechain-types/index.js";
import { ethers, issuedId, networkHelpers, type PoolFixture } from "./ledger-fixture.js";
import { APPROVAL, ASSET_FLAGS, ELIGIBLE, termsOf } from "./rwa-fixture.js";

const SALT = ethers.id("access");
const ATTESTATION = [
  ...[{ name: "account", type: "address" }],
  ...["sendUntil", "receiveUntil"].map((name) => ({ name, type: "uint40" })),
  ...[
    { name: "country", type: "uint16" },
    { name: "classes", type: "uint8" },
  ],
  ...["issuedAt", "deadline"].map((name) => ({ name, type: "uint40" })),
  ...[{ name: "attester", type: "address" }],
];

/** An account that is nobody's, and eligible. */
const TAKER = "0x1234567890123456789012345678901234567890";

/**
 * An asset of Alice's, the owner of all there is, with a facade, an heir to its ownership, a document, and a pledge of hers to the
 * AMM. Calls of its agency go to the core's address.
 */
export async function rwaOf({ ledger, amm, admin, alice, relayer, ids }: PoolFixture, heir: string) {
  const part = await ethers.deployContract("RwaAgency", [ledger]);
  const rwa = await ethers.deployContract("RwaCore", [ledger, part]);
  await ledger.listCore(rwa);
  const place = await rwa.getAddress();
  const agency = IRwaAgency__factory.connect(place, admin);
  const registry = IEligibilityRegistry__factory.connect(place, admin);
  const rwaId = await issuedId({ owner: rwa, salt: SALT, flags: ASSET_FLAGS });
  await agency.issue(SALT, termsOf(alice.address, ids.usdc, { holderCap: 10 }));
  await registry.setAccounts([alice.address, TAKER], [ELIGIBLE, ELIGIBLE]);
  await registry.setProtocol(amm);
  const owned = agency.connect(alice);
  await owned.mint(rwaId, alice, 100n);
  await owned.setApproval(rwaId, amm, APPROVAL.pledgee);
  await owned.transferOwnership(rwaId, heir);
  await owned.setDocument(rwaId, SALT, "uri", ZeroHash);
  await owned.createFacade(rwaId);
  const rwaFacade = await ethers.getContractAt("RwaFacade", (await rwa.assetOf(rwaId)).facade);
  await rwaFacade.connect(alice).approve(relayer, 10n);
  await rwaFacade.connect(alice).setFrozenTokens(alice, 1n);
  await networkHelpers.setBalance(await amm.getAddress(), 10n ** 18n);
  const core = await ethers.getImpersonatedSigner(await amm.getAddress());
  await rwa.connect(core).pledge(alice, rwaId, 5n);
  const offering = await ethers.deployContract("RwaOffering", [rwa]);
  return { rwa, rwaId, rwaFacade, offering, rwaAgency: RwaAgency__factory.connect(place, admin) };
}

type Parts = Awaited<ReturnType<typeof rwaOf>> & Pick<PoolFixture, "admin" | "alice" | "bob" | "carol">;

/** An attestation of the admin, or of another in his name. */
async function attestationOf({ rwa, admin, bob, carol }: Parts, isSigned: boolean): Promise<unknown[]> {
  const place = await rwa.getAddress();
  const { name, version, chainId } = await IEligibilityRegistry__factory.connect(place, admin).eip712Domain();
  const issuedAt = BigInt(await networkHelpers.time.latest());
  const rest = { account: carol.address, issuedAt, deadline: issuedAt + 1000n, attester: admin.address };
  const signature = await (isSigned ? admin : bob).signTypedData(
    { name, version, chainId, verifyingContract: place },
    { Attestation: ATTESTATION },
    { ...ELIGIBLE, ...rest },
  );
  return [{ ...rest, eligibility: ELIGIBLE }, signature];
}

type Arguments = (fixture: Parts, actor: string, isSigned: boolean) => unknown[] | Promise<unknown[]>;
type Entry = { contract: "rwa" | "rwaAgency" | "rwaFacade" | "offering"; args: Arguments; passesWith?: string };

const core = (args: Arguments, passesWith?: string): Entry => entry("rwa", args, passesWith);
const agency = (args: Arguments, passesWith?: string): Entry => entry("rwaAgency", args, passesWith);
const facade = (args: Arguments, passesWith?: string): Entry => entry("rwaFacade", args, passesWith);
const offering = (args: Arguments, passesWith?: string): Entry => entry("offering", args, passesWith);

function entry(contract: Entry["contract"], args: Arguments, passesWith?: string): Entry {
  return { contract, args, ...(passesWith === undefined ? {} : { passesWith }) };
}

const NO_COUNTRIES = [0n, 0n, 0n, 0n];
const NO_KEY = { asset0: 0n, asset1: 0n, fee: 0n, alpha: 0n, beta: 0n, flags: 0n };

/** What is called on behalf of each rule in `RWA_ACCESS`. */
export const RWA_CASES: Readonly<Record<string, Entry>> = {
  "RwaCore.onLedgerCall": core(({ alice }) => [alice, SALT, 0n, 0n, "0x"], "RwaUnknownBook"),
  "RwaCore.onLedgerBatch": core(() => [SALT, 0n, 0n, "0x", []], "RwaUnknownBook"),
  "RwaCore.onLedgerMovement": core(({ alice, rwaId }) => [rwaId, alice, alice, 1n]),
  "RwaCore.pledge": core(({ alice, rwaId }) => [alice, rwaId, 1n]),
  "RwaCore.release": core(({ alice, rwaId }) => [alice, rwaId, 1n]),
  "RwaCore.seize": core(({ alice, rwaId }) => [alice, rwaId, 1n, TAKER]),
  "RwaCore.facadeTransfer": core(({ alice, rwaId }) => [rwaId, alice, TAKER, 1n]),
  "RwaCore.setMarketApproval": core(({ rwaId }) => [rwaId, SALT, true]),
  "RwaCore.forcedTransfer": core(({ alice, rwaId }) => [alice, TAKER, rwaId, 1n]),
  "RwaCore.setFrozenTokens": core(({ alice, rwaId }) => [alice, rwaId, 1n]),
  "RwaAgency.issue": agency(({ alice }) => [ethers.id("new"), termsOf(alice.address, 1n)]),
  "RwaAgency.setFeeRecipient": agency(({ alice }) => [alice]),
  "RwaAgency.setAccount": agency(({ carol }) => [carol, ELIGIBLE]),
  "RwaAgency.setAccounts": agency(({ carol }) => [[carol], [ELIGIBLE]]),
  "RwaAgency.setProtocol": agency(({ rwa }) => [rwa]),
  "RwaAgency.refresh": agency((fixture, _actor, isSigned) => attestationOf(fixture, isSigned)),
  "RwaAgency.transferOwnership": agency(({ rwaId, bob }) => [rwaId, bob]),
  "RwaAgency.acceptOwnership": agency(({ rwaId }) => [rwaId]),
  "RwaAgency.setAgent": agency(({ rwaId, bob }) => [rwaId, bob, 1n]),
  "RwaAgency.setApproval": agency(({ rwaId, bob }) => [rwaId, bob, 0n]),
  "RwaAgency.setCountries": agency(({ rwaId }) => [rwaId, false, NO_COUNTRIES]),
  "RwaAgency.setClasses": agency(({ rwaId }) => [rwaId, 1n]),
  "RwaAgency.setCap": agency(({ rwaId }) => [rwaId, 2n ** 20n]),
  "RwaAgency.setHolderCap": agency(({ rwaId }) => [rwaId, 9n]),
  "RwaAgency.setModule": agency(({ rwaId }) => [rwaId, ZeroAddress]),
  "RwaAgency.setPaused": agency(({ rwaId }) => [rwaId, true]),
  "RwaAgency.mint": agency(({ rwaId }) => [rwaId, TAKER, 1n]),
  "RwaAgency.burn": agency(({ rwaId, alice }) => [rwaId, alice, 1n]),
  "RwaAgency.setAccountFrozen": agency(({ rwaId, bob }) => [rwaId, bob, true]),
  "RwaAgency.setFrozenTokens": agency(({ rwaId, bob }) => [bob, rwaId, 1n]),
  "RwaAgency.forcedTransfer": agency(({ rwaId, alice }) => [alice, TAKER, rwaId, 1n]),
  "RwaAgency.movePledge": agency(({ rwaId, alice }) => [rwaId, alice, alice, TAKER], "RwaNoPledge"),
  "RwaAgency.recover": agency(({ rwaId, alice, bob }) => [rwaId, bob, alice, []]),
  "RwaAgency.forceExit": agency(({ rwaId, bob }) => [rwaId, bob, NO_KEY, bob, 0n, 0n], "RwaNotProtocol"),
  "RwaAgency.setDocument": agency(({ rwaId }) => [rwaId, SALT, "other", SALT]),
  "RwaAgency.removeDocument": agency(({ rwaId }) => [rwaId, SALT]),
  "RwaAgency.createFacade": agency(({ rwaId }) => [rwaId], "RwaFacadeExists"),
  "RwaFacade.transfer": facade(() => [TAKER, 1n]),
  "RwaFacade.batchTransfer": facade(() => [[TAKER], [1n]]),
  "RwaFacade.transferFrom": facade(({ alice }) => [alice, TAKER, 1n]),
  "RwaFacade.approve": facade(({ bob }) => [bob, 1n]),
  "RwaFacade.mint": facade(() => [TAKER, 1n]),
  "RwaFacade.burn": facade(({ alice }) => [alice, 1n]),
  "RwaFacade.forcedTransfer": facade(({ alice }) => [alice, TAKER, 1n]),
  "RwaFacade.setFrozenTokens": facade(({ bob }) => [bob, 1n]),
  "RwaFacade.freezePartialTokens": facade(({ bob }) => [bob, 1n]),
  "RwaFacade.unfreezePartialTokens": facade(({ alice }) => [alice, 1n]),
  "RwaFacade.setAddressFrozen": facade(({ bob }) => [bob, true]),
  "RwaFacade.recoveryAddress": facade(({ alice, bob }) => [bob, alice, ZeroAddress]),
  "RwaFacade.pause": facade(() => []),
  "RwaFacade.unpause": facade(() => []),
  "RwaOffering.onLedgerCall": offering(({ alice }) => [alice, SALT, 0n, 0n, "0x"], "OfferingUnknown"),
  "RwaOffering.onLedgerBatch": offering(() => [SALT, 0n, 0n, "0x", []], "OfferingUnknown"),
  "RwaOffering.setFee": offering(() => [1n]),
  "RwaOffering.setListingFee": offering(() => [1n, 1n]),
};
