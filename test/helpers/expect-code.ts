import { expect } from "chai";
import { LakhError } from "../../src/index.js";

/** Expects `action` to throw a `LakhError` with `code`, and answers it. */
export function expectCode(action: () => unknown, code: string): LakhError {
  try {
    action();
  } catch (error) {
    expect(error).to.be.instanceOf(LakhError);
    const refusal = error as LakhError;
    expect(refusal.code).to.equal(code);
    return refusal;
  }
  return expect.fail(`Nothing was thrown where ${code} was expected`);
}
