import { buildModule } from "@nomicfoundation/ignition-core";

/** Wrapped ether, Permit2 and two tokens that anybody can mint. For local networks and never for a public one. */
export default buildModule("Mocks", (m) => {
  const weth = m.contract("MockWETH");
  const permit2 = m.contract("MockPermit2");
  const index = m.contract("MockERC20", ["Equity Index", "INDEX", 18], { id: "INDEX" });
  const usd = m.contract("MockERC20", ["US Dollar", "USD", 6], { id: "USD" });
  return { weth, permit2, index, usd };
});
