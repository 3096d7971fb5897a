import { buildModule, type IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

/** Wrapped ether, Permit2 and two tokens that anybody can mint. */
export function deployMocks(m: IgnitionModuleBuilder) {
  const weth = m.contract("MockWETH");
  const permit2 = m.contract("MockPermit2");
  const index = m.contract("MockERC20", ["Equity Index", "INDEX", 18], { id: "INDEX" });
  const usd = m.contract("MockERC20", ["US Dollar", "USD", 6], { id: "USD" });
  return { weth, permit2, index, usd };
}

/** The mocks alone. For local networks and testnets, and never for a mainnet. */
export default buildModule("Mocks", deployMocks);
