import path from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { computeAddress } from "ethers";
import config from "../../../hardhat.production.config.js";
import { chainDescriptors, hardhatNetworks, KEY_VARIABLE } from "../../../deploy/networks.js";
import { ROOT } from "../paths.js";
import { DeployError } from "./error.js";

/** Hardhat with the production build's configuration and a network chosen; `isKeyless` where nothing is signed. */
export async function openHardhat(network: string, isKeyless = false): Promise<HardhatRuntimeEnvironment> {
  const file = path.join(ROOT, "hardhat.production.config.ts");
  // Both follow the environment, which may have changed since the configuration was loaded.
  const networks = { ...config.networks, ...hardhatNetworks(isKeyless) };
  const current = { networks, chainDescriptors: chainDescriptors() };
  return createHardhatRuntimeEnvironment(
    { ...config, ...current },
    { config: file, network, buildProfile: "production" },
    ROOT,
  );
}

/**
 * The deployer's private key, out of the environment or Hardhat's keystore, which may ask for its password.
 * Throws `KEY_MISSING`, `KEYSTORE_LOCKED` or `BAD_KEY`; never says what was found.
 */
export async function deployerKey(hre: HardhatRuntimeEnvironment, network: string): Promise<string> {
  const chosen = hre.config.networks[network];
  const [first] = chosen?.type === "http" && Array.isArray(chosen.accounts) ? chosen.accounts : [];
  let text: string;
  try {
    text = first === undefined ? "" : (await first.get()).trim();
  } catch (error) {
    if (isOfPassword(error)) {
      throw new DeployError(
        "KEYSTORE_LOCKED",
        "Hardhat's keystore did not open: the password is another, or its file is damaged.",
      );
    }
    text = "";
  }
  if (text === "") {
    throw new DeployError(
      "KEY_MISSING",
      `Set ${KEY_VARIABLE} to the deployer's private key, or keep it in Hardhat's keystore: npx hardhat keystore set ${KEY_VARIABLE}.`,
    );
  }
  const key = text.startsWith("0x") ? text : `0x${text}`;
  try {
    computeAddress(key);
    return key;
  } catch {
    throw new DeployError("BAD_KEY", `${KEY_VARIABLE} is no private key: it must be 32 bytes in hexadecimal.`);
  }
}

/** Hardhat's error HHE50000: the keystore's password is another, or its file is damaged. */
function isOfPassword(error: unknown): boolean {
  return error instanceof Error && "number" in error && error.number === 50_000;
}
