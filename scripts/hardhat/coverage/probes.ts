import { createHash } from "node:crypto";

/** Where EDR listens: a call of this address with one word says that the word's code was reached. */
const COVERAGE_ADDRESS = "0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE";

export const LIBRARY_FILE = "__BranchCoverage.sol";
const LIBRARY = "__BranchCoverage";
const ARM = "coverageArm_";

export const LIBRARY_IMPORT = `\nimport {${LIBRARY}} from "${LIBRARY_FILE}";\n`;

/** The probes of Solidity. They are `pure` by a cast, so that a pure function can hold them. */
export const LIBRARY_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0 <0.9.0;

library ${LIBRARY} {
    function yes(uint256 id) internal pure returns (bool) {
        _pure(_send)(true, id);
        return true;
    }

    function no(uint256 id) internal pure returns (bool) {
        _pure(_send)(false, id);
        return false;
    }

    function hit(uint256 id) internal pure {
        _pure(_send)(false, id);
    }

    function _send(bool c, uint256 id) private view {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, or(id, c))
            pop(staticcall(gas(), ${COVERAGE_ADDRESS}, p, 32, 0, 0))
        }
    }

    function _pure(
        function(bool, uint256) internal view f
    ) private pure returns (function(bool, uint256) internal pure g) {
        assembly {
            g := f
        }
    }
}
`;

/**
 * The probe of an assembly block, a function in it. It sends from the scratch space and puts back what stood there, so
 * it touches no memory that the block may hold, allocated or not. It does empty the return data.
 */
export const ASSEMBLY_PROBE = ` function ${ARM}(id, c) -> r {
    let kept := mload(0)
    mstore(0, or(id, iszero(iszero(c))))
    pop(staticcall(gas(), ${COVERAGE_ADDRESS}, 0, 32, 0, 0))
    mstore(0, kept)
    r := c
} `;

/** What a probe sends; the last bit is free for the outcome of a condition. */
export type ProbeId = { whenFalse: string; whenTrue: string };

export function probeId(name: string): ProbeId {
  const even = BigInt(`0x${createHash("sha256").update(name).digest("hex")}`) & ~1n;
  const hex = (value: bigint): string => value.toString(16).padStart(64, "0");
  return { whenFalse: hex(even), whenTrue: hex(even | 1n) };
}

/** Source text around a condition. */
export type Wrap = { before: string; after: string };

/** A conditional, not a call: it holds nothing on the stack while the condition is computed. */
export const aroundCondition = ({ whenFalse }: ProbeId): Wrap => ({
  before: "((",
  after: `) ? ${LIBRARY}.yes(0x${whenFalse}) : ${LIBRARY}.no(0x${whenFalse}))`,
});

export const aroundAssemblyCondition = ({ whenFalse }: ProbeId): Wrap => ({
  before: `${ARM}(0x${whenFalse}, `,
  after: ")",
});

/** A statement that tells the outcome of a condition, or that it is reached. */
export const conditionStatement = (id: ProbeId, condition: string): string => {
  const { before, after } = aroundCondition(id);
  return ` ${before}${condition}${after}; `;
};
export const hitStatement = ({ whenFalse }: ProbeId): string => ` ${LIBRARY}.hit(0x${whenFalse}); `;
export const assemblyStatement = ({ whenFalse }: ProbeId, condition = "0"): string =>
  ` pop(${ARM}(0x${whenFalse}, ${condition})) `;
