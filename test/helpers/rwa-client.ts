import { id as hashOf } from "ethers";
import { network } from "#chain";
import {
  createLakh,
  rwaId,
  sendRequest,
  tokenId,
  type LakhRequest,
  type RwaAddresses,
  type RwaTerms,
} from "../../src/index.js";
import type { RwaAgency, RwaCore, RwaOffering } from "../../typechain-types/index.js";
import { at, deployLakh, deployTyped } from "./deploy.js";

export const DAY = 86_400n;
export const UNIT = 10n ** 18n;
export const USD = 10n ** 6n;
export const FOREVER = (1n << 40n) - 1n;
export const SALT = hashOf("12 Main Street");
const GERMANY = 276n;

/**
 * The suite with regulated assets, through its client alone: an asset of the issuer's that pays the second token (6 decimals), of which the
 * issuer has 1,000 units. The admin is the authority and the registry's agent. Five investors, eligible, with 10,000 of the token in the ledger.
 */
export async function rwaClientFixture() {
  const connection = await network.create();
  const deployed = await deployLakh(connection);
  const { admin, ledger, tokens } = deployed;
  const [issuer, treasurer, ...investors] = deployed.signers.slice(1, 8) as [
    typeof admin,
    typeof admin,
    ...(typeof admin)[],
  ];
  const part = await deployTyped<RwaAgency>(connection, "RwaAgency", [ledger]);
  const core = await deployTyped<RwaCore>(connection, "RwaCore", [ledger, part]);
  const offering = await deployTyped<RwaOffering>(connection, "RwaOffering", [core]);
  for (const listed of [core, offering]) await ledger.listCore(listed);
  const addresses: RwaAddresses = {
    ...deployed.lakh.addresses,
    rwa: await core.getAddress(),
    rwaOffering: await offering.getAddress(),
  };
  const fromBlock = await connection.ethers.provider.getBlockNumber();
  const lakh = createLakh({ addresses, runner: connection.ethers.provider });
  const send = async (signer: typeof admin, request: LakhRequest) => (await sendRequest(signer, request)).wait();
  const token = at(tokens, 1);
  const payAsset = tokenId(await token.getAddress());
  const { rwa } = lakh;
  const terms: RwaTerms = {
    ...{ name: "12 Main Street", symbol: "MAIN12", decimals: 18n, owner: issuer.address, payAsset },
    cap: 10_000n * UNIT,
  };
  await send(admin, rwa.issue({ salt: SALT, terms }));
  await send(admin, rwa.setProtocol({ core: addresses.rwaOffering }));
  const id = rwaId({ rwa: addresses.rwa, salt: SALT });
  const eligible = { sendUntil: FOREVER, receiveUntil: FOREVER, country: GERMANY, classes: 0n };
  const statements = [issuer, ...investors].map(({ address }) => ({ account: address, ...eligible }));
  await send(admin, rwa.setAccounts({ statements }));
  await send(issuer, rwa.mint({ id, to: issuer.address, amount: 1_000n * UNIT }));
  for (const user of [issuer, ...investors]) {
    await token.mint(user, 10_000n * USD);
    await token.connect(user).approve(ledger, 10_000n * USD);
    await send(user, lakh.ledger.deposit({ token: await token.getAddress(), amount: 10_000n * USD, to: user.address }));
  }
  const now = async (): Promise<bigint> => BigInt(await connection.networkHelpers.time.latest());
  const chain = { connection, provider: connection.ethers.provider, time: connection.networkHelpers.time, now };
  return {
    ...{ ...deployed, ...chain, core, offering, lakh, rwa, addresses, terms, eligible, fromBlock },
    ...{ issuer, treasurer, investors, send, token, payAsset, id },
  };
}

export type RwaClientFixture = Awaited<ReturnType<typeof rwaClientFixture>>;
