import { buildPeer } from "./peer-build.js";

const PACKAGE = "@morpho-org/morpho-blue";

export const MORPHO_VERSION = "1.0.0";

/** Morpho Blue and its mocks; the package brings sources only, and no rate model but a mock. */
export const buildMorpho = async () =>
  buildPeer({
    title: "morpho-blue",
    compiler: "solc-0.8.19",
    settings: { optimizer: { enabled: true, runs: 999_999 }, viaIR: true, evmVersion: "paris" },
    contracts: {
      Morpho: `${PACKAGE}/src/Morpho.sol`,
      IrmMock: `${PACKAGE}/src/mocks/IrmMock.sol`,
      OracleMock: `${PACKAGE}/src/mocks/OracleMock.sol`,
    },
  });
