import {
  AbiCoder,
  Contract,
  ContractFactory,
  getBytes,
  id,
  keccak256,
  toUtf8Bytes,
  Wallet,
  ZeroAddress,
  type JsonRpcSigner,
} from "ethers";
import { readPeer, type Code } from "./artifacts.js";
import type { Sent } from "./lab.js";

/**
 * ERC-3643's reference with identities of ONCHAINID: the code that both packages ship, behind their own proxies. Both are under the
 * GPL-3.0, and nothing of them is here.
 */
export const T_REX = { name: "T-REX (ERC-3643)", version: "4.1.6, onchain-id 2.2.1" } as const;

const KYC = BigInt(id("KYC"));
/** Of ONCHAINID: the purpose of a key that signs claims, and the kind of key and of signature. */
const [CLAIM_PURPOSE, ECDSA] = [3n, 1n];
const CLAIM = toUtf8Bytes("verified");
const COUNTRY = 276n;
const VERSION = { major: 4, minor: 1, patch: 6 };
const FOLDERS = {
  Token: "token",
  IdentityRegistry: "registry/implementation",
  IdentityRegistryStorage: "registry/implementation",
  ClaimTopicsRegistry: "registry/implementation",
  TrustedIssuersRegistry: "registry/implementation",
  ModularCompliance: "compliance/modular",
} as const;
type Part = keyof typeof FOLDERS;

const coder = AbiCoder.defaultAbiCoder();
const trex = (folder: string, name: string): Promise<Code> =>
  readPeer(`@tokenysolutions/t-rex/artifacts/contracts/${folder}/${name}.sol/${name}.json`);
const onchainId = (folder: string, name: string): Promise<Code> =>
  readPeer(`@onchain-id/solidity/artifacts/contracts/${folder}${name}.sol/${name}.json`);

type Parts = { token: Contract; registry: Contract; claimIssuer: Contract; identities: string };

/** A token with one claim topic, one trusted issuer of claims and a compliance without modules. Its owner is its agent. */
export class TRex {
  readonly #owner: JsonRpcSigner;
  readonly #parts: Parts;
  /** The trusted issuer's key for claims. */
  readonly #signer = new Wallet(id("claims"));

  private constructor(owner: JsonRpcSigner, parts: Parts) {
    [this.#owner, this.#parts] = [owner, parts];
  }

  static async deploy(owner: JsonRpcSigner): Promise<TRex> {
    const deploy = async ({ abi, bytecode }: Code, ...args: unknown[]): Promise<Contract> =>
      (await (await new ContractFactory(abi, bytecode, owner).deploy(...args)).waitForDeployment()) as Contract;
    const authority = await deploy(
      await trex("proxy/authority", "TREXImplementationAuthority"),
      ...[true, ZeroAddress, ZeroAddress],
    );
    const implementationOf = async (part: Part): Promise<string> =>
      (await deploy(await trex(FOLDERS[part], part))).getAddress();
    await transact(authority, "addAndUseTREXVersion", VERSION, {
      tokenImplementation: await implementationOf("Token"),
      ctrImplementation: await implementationOf("ClaimTopicsRegistry"),
      irImplementation: await implementationOf("IdentityRegistry"),
      irsImplementation: await implementationOf("IdentityRegistryStorage"),
      tirImplementation: await implementationOf("TrustedIssuersRegistry"),
      mcImplementation: await implementationOf("ModularCompliance"),
    });
    /** A part behind its proxy, under its own ABI. */
    const open = async (part: Part, ...args: unknown[]): Promise<Contract> => {
      const proxy = await deploy(await trex("proxy", `${part}Proxy`), authority, ...args);
      const { abi } = await trex(FOLDERS[part], part);
      return new Contract(await proxy.getAddress(), abi, owner);
    };
    const [topics, issuers] = [await open("ClaimTopicsRegistry"), await open("TrustedIssuersRegistry")];
    const [identityStorage, compliance] = [await open("IdentityRegistryStorage"), await open("ModularCompliance")];
    const registry = await open("IdentityRegistry", issuers, topics, identityStorage);
    const token = await open("Token", registry, compliance, "Twelve Main Street", "MAIN12", 18, ZeroAddress);

    const library = await deploy(await onchainId("", "Identity"), owner, true);
    const identities = await deploy(await onchainId("proxy/", "ImplementationAuthority"), library);
    const claimIssuer = await deploy(await onchainId("", "ClaimIssuer"), owner);
    const suite = new TRex(owner, { token, registry, claimIssuer, identities: await identities.getAddress() });
    const key = keccak256(coder.encode(["address"], [suite.#signer.address]));
    await transact(claimIssuer, "addKey", key, CLAIM_PURPOSE, ECDSA);
    await transact(topics, "addClaimTopic", KYC);
    await transact(issuers, "addTrustedIssuer", claimIssuer, [KYC]);
    await transact(identityStorage, "bindIdentityRegistry", registry);
    await transact(registry, "addAgent", owner);
    await transact(registry, "addAgent", token);
    await transact(token, "addAgent", owner);
    await transact(token, "unpause");
    return suite;
  }

  /** An identity with the claim that the topic asks for, not registered for anybody yet. */
  async identify(): Promise<string> {
    const { claimIssuer, identities } = this.#parts;
    const [proxy, { abi }] = [await onchainId("proxy/", "IdentityProxy"), await onchainId("", "Identity")];
    const deployed = await new ContractFactory(proxy.abi, proxy.bytecode, this.#owner).deploy(identities, this.#owner);
    const identity = await (await deployed.waitForDeployment()).getAddress();
    const hash = keccak256(coder.encode(["address", "uint256", "bytes"], [identity, KYC, CLAIM]));
    const signature = await this.#signer.signMessage(getBytes(hash));
    const contract = new Contract(identity, abi, this.#owner);
    await transact(contract, "addClaim", KYC, ECDSA, claimIssuer, signature, CLAIM, "");
    return identity;
  }

  /* ACTIONS */

  register(account: string, identity: string): Sent {
    return this.#request("registry", "registerIdentity", account, identity, COUNTRY);
  }

  mint(to: string, amount: bigint): Sent {
    return this.#request("token", "mint", to, amount);
  }

  transfer(to: string, amount: bigint): Sent {
    return this.#request("token", "transfer", to, amount);
  }

  forcedTransfer(from: string, to: string, amount: bigint): Sent {
    return this.#request("token", "forcedTransfer", from, to, amount);
  }

  freeze(account: string): Sent {
    return this.#request("token", "setAddressFrozen", account, true);
  }

  freezePart(account: string, amount: bigint): Sent {
    return this.#request("token", "freezePartialTokens", account, amount);
  }

  #request(part: "token" | "registry", name: string, ...args: unknown[]): Sent {
    const contract = this.#parts[part];
    return { to: contract.target as string, data: contract.interface.encodeFunctionData(name, args) };
  }

  /* STATE */

  async balanceOf(account: string): Promise<bigint> {
    return (await this.#parts.token.getFunction("balanceOf")(account)) as bigint;
  }

  async frozenOf(account: string): Promise<bigint> {
    return (await this.#parts.token.getFunction("getFrozenTokens")(account)) as bigint;
  }

  /** 1 or 0. */
  async isFrozen(account: string): Promise<bigint> {
    return BigInt((await this.#parts.token.getFunction("isFrozen")(account)) as boolean);
  }

  /** 1 where the account has an identity with a valid claim of each topic, else 0. */
  async isVerified(account: string): Promise<bigint> {
    return BigInt((await this.#parts.registry.getFunction("isVerified")(account)) as boolean);
  }
}

async function transact(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
  await (await contract.getFunction(name).send(...args)).wait();
}
