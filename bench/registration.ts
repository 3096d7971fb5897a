import { SecretKey } from "@chainsafe/blst";
import { concat, ContractFactory, getBytes, id, Wallet, zeroPadValue } from "ethers";
import { runMain } from "../scripts/lib/failure.js";
import { startInProcess } from "../scripts/lib/in-process.js";
import { KEY_KINDS, proveKnowledge, registerTypedData, VALID_FOREVER, type Registration } from "../src/index.js";
import { AccountDirectory__factory, AddressBook__factory, BlsHarness__factory } from "../typechain-types/index.js";
import { readProduction } from "./gas/artifacts.js";

/** EIP-7825: the most gas that a transaction can have. */
const MAX_TRANSACTION_GAS = 16_777_216;
/** What a signer with an EIP-712 signature costs more per batch than one with a BLS key, in gas. */
const FALLBACK_SURCHARGE = 6_000;
const DEADLINE = 4_102_444_800n; // 2100-01-01
const COUNTS = [1, 10, 100, 203];

const show = (value: number): string => Math.round(value).toLocaleString("en-US");
const row = (...cells: number[]): string => cells.map((cell) => show(cell).padStart(12)).join("");
const secretOf = (index: number): Uint8Array => SecretKey.fromKeygen(getBytes(id(`registrant ${index}`))).toBytes();

/** What entering the directory costs per account of a page, and after how many signatures it has paid. */
await runMain(async () => {
  const chain = await startInProcess();
  try {
    const deployer = await chain.provider.getSigner(0);
    const deploy = async (source: string, ...args: unknown[]): Promise<string> => {
      const { abi, bytecode } = await readProduction(source);
      const contract = await new ContractFactory(abi, bytecode, deployer).deploy(...args);
      await contract.waitForDeployment();
      return contract.getAddress();
    };
    const bookAddress = await deploy("contracts/core/AddressBook.sol");
    const address = await deploy("contracts/core/AccountDirectory.sol", bookAddress);
    const harness = await deploy("contracts/mocks/BlsHarness.sol");
    const directory = AccountDirectory__factory.connect(address, deployer);
    const book = AddressBook__factory.connect(bookAddress, deployer);
    const bls = BlsHarness__factory.connect(harness, deployer);
    const { chainId } = await chain.provider.getNetwork();

    const register = async (index: number): Promise<Registration> => {
      const wallet = new Wallet(id(`account ${index}`));
      const account = wallet.address;
      const proof = proveKnowledge({ secretKey: secretOf(index), account, chainId, directory: address });
      const terms = { account, kinds: KEY_KINDS.all, validUntil: VALID_FOREVER, deadline: DEADLINE };
      const { domain, types, message } = registerTypedData({ directory: address, chainId, key: proof.key, ...terms });
      return { ...proof, ...terms, signature: await wallet.signTypedData(domain, types, message) };
    };

    console.log("Registration (whole transactions, production build)");
    console.log("    accounts         gas    for each  pays after");
    let next = 0;
    await (await directory.register([await register(next++)])).wait(); // the first page ever writes a fresh word
    for (const count of COUNTS) {
      const page: Registration[] = [];
      while (page.length < count) page.push(await register(next++));
      const receipt = await (await directory.register(page)).wait();
      const gas = Number(receipt?.gasUsed);
      const each = gas / count;
      console.log(row(count, gas, each, Math.ceil(each / FALLBACK_SURCHARGE)));
      if (gas > MAX_TRANSACTION_GAS) console.log("    more than one transaction can have");
    }

    console.log("Address book");
    await (await book.list([Wallet.createRandom().address])).wait();
    for (const count of [1, 256]) {
      const accounts = Array.from({ length: count }, (_, index) => new Wallet(id(`listed ${index}`)).address);
      const gas = Number((await (await book.list(accounts)).wait())?.gasUsed);
      console.log(row(count, gas, gas / count));
    }

    const secret = SecretKey.fromBytes(secretOf(0));
    const digest = getBytes(id("digest"));
    const raw = secret.sign(digest).toBytes(false);
    const signature = concat([48, 0, 144, 96].map((start) => raw.slice(start, start + 48)));
    const gas = await bls.gasOfVerify(digest, wordsOf(secret.toPublicKey().toBytes(false)), signature);
    console.log(`Aggregate signature\n  verify ${show(Number(gas))}`);
  } finally {
    await chain.stop();
  }
});

/** A key as the precompiles read it, in four words. */
function wordsOf(key: Uint8Array): [string, string, string, string] {
  const word = (start: number, end: number): string => zeroPadValue(key.slice(start, end), 32);
  return [word(0, 16), word(16, 48), word(48, 64), word(64, 96)];
}
