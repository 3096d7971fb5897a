import * as bindings from "../../typechain-types/index.js";
import { callAsAuthority, type Part } from "./part.js";

/** Stake pools, and rewards by Merkle roots. */
export const staking = {
  deploy(m, has) {
    const [authority, ledger] = [has("authority"), has("ledger")];
    const staking = m.contract("StakingCore", [ledger]);
    const stakingLens = m.contract("StakingLens", [staking]);
    const merkleDistributor = m.contract("MerkleDistributor", [ledger]);
    callAsAuthority(m, { authority, target: ledger, name: "listCore", args: [staking], id: "listStakingCore" });
    return { staking, stakingLens, merkleDistributor };
  },

  async checks({ provider, at }) {
    const ledger = bindings.Ledger__factory.connect(at("ledger"), provider);
    const staking = bindings.StakingCore__factory.connect(at("staking"), provider);
    const lens = bindings.StakingLens__factory.connect(at("stakingLens"), provider);
    const distributor = bindings.MerkleDistributor__factory.connect(at("merkleDistributor"), provider);
    return [
      ["the staking core's ledger", await staking.LEDGER(), at("ledger")],
      ["the staking lens's core", await lens.STAKING(), at("staking")],
      ["the staking core as a core of the ledger", await ledger.isCore(at("staking")), true],
      ["the Merkle distributor's ledger", await distributor.LEDGER(), at("ledger")],
    ];
  },
} as const satisfies Part;
