import { AbiCoder, concat, id, keccak256, toBeHex, zeroPadValue } from "ethers";
import type { Request } from "../devnet.js";
import { DeployError } from "./error.js";
import { codeAt, tryCall } from "./rpc.js";

/** CreateX, through which Ignition's strategy create2 deploys: its address and the hash of its code. */
export const CREATE_X = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed";
const CREATE_X_CODE_HASH = "0xbd8a7ea8cfca7b4e5f5041d7d4b17bc317c5ce42cfbc42066a00cf26b43eb53f";

/**
 * Init code that answers 1 out of transient storage by way of MCOPY:
 * PUSH0 0x01 TSTORE(0, 1); MSTORE(0, TLOAD(0)); MCOPY(32, 0, 32); RETURN(32, 32).
 */
const CANCUN_PROBE = "0x60015f5d5f5c5f5260205f60205e60206020f3";
const ONE = zeroPadValue("0x01", 32);

/** Addresses of EIP-2537 that the suite calls, with an input of points at infinity and what they answer. */
const BLS_PROBES = [
  { name: "G1MSM", address: 0x0c, input: 160, output: `0x${"00".repeat(128)}` },
  { name: "G2ADD", address: 0x0d, input: 512, output: `0x${"00".repeat(256)}` },
  { name: "PAIRING_CHECK", address: 0x0f, input: 384, output: ONE },
] as const;
/** Maps to a point that nobody needs to know: its length suffices. */
const MAP_PROBE = { name: "MAP_FP2_TO_G2", address: 0x11, input: 128, length: 256 } as const;

/** Throws `NO_CANCUN` unless the chain runs TSTORE, TLOAD, MCOPY and PUSH0. */
export async function checkCancun(request: Request): Promise<void> {
  if ((await tryCall(request, { data: CANCUN_PROBE })) === ONE) return;
  throw new DeployError(
    "NO_CANCUN",
    "This chain does not run the opcodes of Cancun (TSTORE, TLOAD, MCOPY), which every contract of the suite needs.",
  );
}

/** Throws `NO_BLS` unless the precompiles of EIP-2537 answer; `expected` is what deploy/networks.ts says of them. */
export async function checkBls(request: Request, expected: boolean | undefined): Promise<void> {
  const missing: string[] = [];
  for (const { name, address, input, output } of BLS_PROBES) {
    const answer = await tryCall(request, { to: addressOf(address), data: `0x${"00".repeat(input)}` });
    if (answer !== output) missing.push(name);
  }
  const mapped = await tryCall(request, {
    to: addressOf(MAP_PROBE.address),
    data: `0x${"00".repeat(MAP_PROBE.input)}`,
  });
  if (mapped?.length !== 2 + 2 * MAP_PROBE.length) missing.push(MAP_PROBE.name);
  if (missing.length === 0) return;
  throw new DeployError(
    "NO_BLS",
    `This chain lacks the BLS12-381 precompiles of EIP-2537 (${missing.join(", ")}), without which no batch can settle.` +
      (expected === true ? " It is known to have them: ask another node." : ""),
  );
}

function addressOf(precompile: number): string {
  return toBeHex(precompile, 20);
}

/** Throws `CODE_SIZE_LIMIT` unless the chain lets init code of `initBytes` leave code of `codeBytes`. */
export async function checkCodeSize(
  request: Request,
  { codeBytes, initBytes, gas }: { codeBytes: number; initBytes: number; gas: bigint },
): Promise<void> {
  // PUSH3 codeBytes, PUSH0, RETURN: code of zeros.
  const leaving = concat(["0x62", toBeHex(codeBytes, 3), "0x5ff3"]);
  const padded = leaving + "00".repeat(Math.max(0, initBytes - 6));
  const answer = await tryCall(request, { data: padded, gas: toBeHex(gas) });
  if (answer !== undefined && answer.length === 2 + 2 * codeBytes) return;
  throw new DeployError(
    "CODE_SIZE_LIMIT",
    `This chain refuses a contract of ${codeBytes} bytes from ${initBytes} bytes of init code, the largest of the suite.`,
  );
}

/** Throws `NO_CREATEX` unless CreateX is where it is everywhere. */
export async function checkCreateX(request: Request): Promise<void> {
  const code = await codeAt(request, CREATE_X);
  if (code !== "0x" && keccak256(code) === CREATE_X_CODE_HASH) return;
  throw new DeployError(
    "NO_CREATEX",
    `There is no CreateX at ${CREATE_X} on this chain, through which --strategy create2 deploys: leave the option out.`,
  );
}

/** Throws `NO_CODE` unless there is a contract at each address. */
export async function checkSurroundings(request: Request, addresses: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, address] of Object.entries(addresses)) {
    if ((await codeAt(request, address)) === "0x") {
      throw new DeployError("NO_CODE", `There is no contract at ${address}, which the parameters name as ${name}.`);
    }
  }
}

/** Throws `BAD_WETH` unless the contract at `weth` behaves as wrapped ether. */
export async function checkWeth(request: Request, weth: string): Promise<void> {
  const fault = await findWethFault((call) => tryCall(request, call), weth);
  if (fault === undefined) return;
  throw new DeployError("BAD_WETH", `What the parameters name as weth is not wrapped ether: ${fault}`);
}

/** A call of a contract; undefined where it fails. */
type Call = (call: { from: string; to: string; data: string }) => Promise<string | undefined>;

/** Some tokens let nothing come from or go to the zero address. */
const SOMEBODY = "0x000000000000000000000000000000000000dEaD";

/**
 * Why what stands at an address is not wrapped ether, in a sentence; undefined where it has a symbol, 18 decimals, and takes
 * deposits and withdrawals, here of nothing.
 */
export async function findWethFault(call: Call, weth: string): Promise<string | undefined> {
  const ask = (signature: string, argument = "0x"): Promise<string | undefined> =>
    call({ from: SOMEBODY, to: weth, data: concat([id(signature).slice(0, 10), argument]) });
  const symbol = textOf(await ask("symbol()"));
  if (symbol === undefined) return `symbol() of ${weth} answers no text.`;
  const decimals = await ask("decimals()");
  if (decimals !== toBeHex(18, 32)) return `decimals() of ${weth}, ${symbol}, does not answer 18.`;
  if ((await ask("deposit()")) === undefined) return `${weth}, ${symbol}, takes no deposit().`;
  if ((await ask("withdraw(uint256)", toBeHex(0, 32))) === undefined)
    return `${weth}, ${symbol}, takes no withdraw(0).`;
  return undefined;
}

function textOf(answer: string | undefined): string | undefined {
  try {
    const [text] = AbiCoder.defaultAbiCoder().decode(["string"], answer ?? "0x") as unknown as [string];
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
