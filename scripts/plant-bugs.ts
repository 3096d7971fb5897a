import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command } from "commander";
import { Listr, type ListrTask } from "listr2";
import { FailureError, runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";
import { runCommand, stopRunningCommands } from "./lib/process.js";

/** A bug put into a copy of the contracts; a test that carries the invariant's id must fail on it. */
type Mutation = {
  /** The invariant of docs/invariants.md that forbids it. */
  invariant: string;
  /** What is wrong, in words. */
  bug: string;
  file: string;
  /** Stands exactly once in the file; any white space matches any other. */
  find: string;
  replace: string;
  /** A second place of the same file, for a bug that stands in two. */
  also?: { find: string; replace: string };
};

type Verdict = Mutation & { status: "killed" | "survived"; killers: readonly string[]; seconds: number };

const ACCOUNTS = "contracts/core/LedgerAccounts.sol";
const CUSTODY = "contracts/core/LedgerCustody.sol";
const LEDGER = "contracts/core/Ledger.sol";
const SECTIONS = "contracts/core/LedgerSections.sol";
const SETTLEMENTS = "contracts/core/LedgerSettlements.sol";
const FLAGS = "contracts/libraries/HolderFlags.sol";
const OPERATION = "contracts/libraries/OperationLib.sol";
const WORD = "contracts/libraries/WordLib.sol";
const CORE = "contracts/amm/AmmCore.sol";
const MATH = "contracts/libraries/AmmMath.sol";
const LENS = "contracts/periphery/AmmLens.sol";

const MUTATIONS: readonly Mutation[] = [
  {
    invariant: "LED-1",
    bug: "what was asked for is credited, not what arrived",
    file: CUSTODY,
    find: "return _received(token, before);",
    replace: "before = _received(token, before); return amount;",
  },
  {
    invariant: "LED-1",
    bug: "an input from a balance in the ledger is not debited",
    file: LEDGER,
    find: "_debit(msg.sender, id, amount); _log(msg.sender, msg.sender, address(0), id, amount);",
    replace: "_log(msg.sender, msg.sender, address(0), id, amount);",
  },
  {
    invariant: "LED-1",
    bug: "a transfer credits a word read before the debit, so one to oneself mints",
    file: ACCOUNTS,
    find: "_debit(from, id, amount); _credit(to, id, amount); _log(caller, from, to, id, amount);",
    replace: `(uint256 key, uint256 side) = homeOf(id);
        Word stale = _cells[key][to].word;
        _debit(from, id, amount);
        (, _cells[key][to].word) = stale.tryAdd(side, amount);
        _log(caller, from, to, id, amount);`,
  },
  {
    invariant: "LED-1",
    bug: "a fee is debited, and nobody earns it",
    file: SECTIONS,
    find: "mstore(add(leg, 0xe0), add(mload(add(leg, 0xe0)), sub(debit, amount)))",
    replace: "",
  },
  {
    invariant: "LED-1",
    bug: "a fee is earned, and nobody pays it",
    file: SECTIONS,
    find: "_credit(to, leg.id, amount - fee);",
    replace: "_credit(to, leg.id, amount);",
  },
  {
    invariant: "LED-2",
    bug: "transferFrom needs no allowance",
    file: ACCOUNTS,
    find: "if (!isOperator[sender][msg.sender]) _spendAllowance(sender, msg.sender, id, amount);",
    replace: "",
  },
  {
    invariant: "LED-2",
    bug: "a failed operation's debit is not given back",
    file: SECTIONS,
    find: "_credit(head.account(), leg.id, amount + leg.fee);",
    replace: "",
  },
  {
    invariant: "LED-2",
    bug: "a failed operation's fee is not given back",
    file: SECTIONS,
    find: "_credit(head.account(), leg.id, amount + leg.fee);",
    replace: "_credit(head.account(), leg.id, amount);",
  },
  {
    invariant: "LED-3",
    bug: "a credit clears the flags",
    file: ACCOUNTS,
    find: "cell.word = sum;",
    replace: "cell.word = sum.withFlags(0);",
  },
  {
    invariant: "LED-3",
    bug: "bumping the sequence thaws the word",
    file: FLAGS,
    find: "(Word.unwrap(word) & ~SEQUENCE) | (next & SEQUENCE)",
    replace: "(Word.unwrap(word) & ~(SEQUENCE | (FROZEN << WordLib.FLAGS_SHIFT))) | (next & SEQUENCE)",
  },
  {
    invariant: "LED-4",
    bug: "an addition carries into the neighbour",
    file: WORD,
    find: "ok = value <= MAX_AMOUNT - amount(word, side);",
    replace: "ok = value <= MAX_AMOUNT;",
  },
  {
    invariant: "LED-4",
    bug: "an addition of a huge value wraps",
    file: WORD,
    find: "ok = value <= MAX_AMOUNT - amount(word, side);",
    replace: "ok = amount(word, side) + value <= MAX_AMOUNT;",
  },
  {
    invariant: "LED-4",
    bug: "a subtraction borrows from the neighbour",
    file: WORD,
    find: "ok = value <= amount(word, side);",
    replace: "ok = value <= MAX_AMOUNT;",
  },
  {
    invariant: "LED-5",
    bug: "a burn takes nothing",
    file: ACCOUNTS,
    find: "_debit(from, id, amount); _log(msg.sender, from, address(0), id, amount);",
    replace: "_log(msg.sender, from, address(0), id, amount);",
  },
  {
    invariant: "LED-6",
    bug: "the flags that a protocol answers are lost",
    file: WORD,
    find: "(Word.unwrap(outputs) & ~AMOUNTS)",
    replace: "(Word.unwrap(word) & ~AMOUNTS)",
  },
  {
    invariant: "LED-6",
    bug: "a section's payouts do not leave the book",
    file: SECTIONS,
    find: "leg.paid += amount;",
    replace: "",
  },
  {
    invariant: "LED-6",
    bug: "what a section pays in a run does not leave the book",
    file: SECTIONS,
    find: "mstore(leg, add(mload(leg), amount))",
    replace: "",
  },
  {
    invariant: "LED-7",
    bug: "the flash lock of a token stays taken",
    file: CUSTODY,
    find: "loan.tstore(false);",
    replace: "",
  },
  {
    invariant: "LED-8",
    bug: "an allowance is not spent",
    file: ACCOUNTS,
    find: "allowance[owner][spender][id] = allowed - amount;",
    replace: "",
  },
  {
    invariant: "LED-9",
    bug: "a batched debit leaves the sequence, so it can be replayed",
    file: FLAGS,
    find: "left = advanced(left, 1);",
    replace: "",
  },
  {
    invariant: "LED-9",
    bug: "a debit in a run leaves the sequence",
    file: SECTIONS,
    find: "sstore(slot, sub(add(word, SEQUENCE_STEP),",
    replace: "sstore(slot, sub(word,",
  },
  {
    invariant: "LED-9",
    bug: "a cancel voids one operation only",
    file: SETTLEMENTS,
    find: "CANCELLED_AHEAD = 85;",
    replace: "CANCELLED_AHEAD = 1;",
  },
  {
    invariant: "LED-10",
    bug: "an operation with another sequence is executed",
    file: FLAGS,
    find: "|| uint8(sequence(word)) != step",
    replace: "",
  },
  {
    invariant: "LED-10",
    bug: "an operation with another sequence is executed in a run",
    file: SECTIONS,
    find: "and(xor(shr(232, word), shr(88, head)), 0xff)",
    replace: "0",
  },
  {
    invariant: "LED-10",
    bug: "a sequence that wraps in a run carries into the frozen bit",
    file: SECTIONS,
    find: "shr(248, xor(word, add(word, SEQUENCE_STEP)))",
    replace: "0",
  },
  {
    invariant: "LED-10",
    bug: "an operation that holds its amount, but not the fee, is executed",
    file: SECTIONS,
    find: "gt(debit, shr(144, shl(mload(add(leg, 0x40)), word)))",
    replace: "gt(amount, shr(144, shl(mload(add(leg, 0x40)), word)))",
  },
  {
    invariant: "LED-10",
    bug: "a frozen word moves",
    file: ACCOUNTS,
    find: "require(!_cellOf(from, id).word.isFrozen(), LedgerFrozen(id, from));",
    replace: "",
  },
  {
    invariant: "LED-11",
    bug: "a settlement acts without consent",
    file: FLAGS,
    find: "!consents(word, version) ||",
    replace: "",
  },
  {
    invariant: "LED-11",
    bug: "a settlement acts without consent in a run",
    file: SECTIONS,
    find: "iszero(and(shr(version, word), 1)),",
    replace: "0,",
  },
  {
    invariant: "LED-11",
    bug: "an issuer burns an asset without RULES from anybody",
    file: ACCOUNTS,
    find: "_checkRuler(id); require(!isCore[from], LedgerForcedFromProtocol(id, from)); } _burn",
    replace: "_checkIssuer(id); require(!isCore[from], LedgerForcedFromProtocol(id, from)); } _burn",
  },
  {
    invariant: "LED-12",
    bug: "a transfer is not told to the issuer",
    file: ACCOUNTS,
    find: "_log(caller, from, to, id, amount); _notify(id, from, to, amount);",
    replace: "_log(caller, from, to, id, amount);",
  },
  {
    invariant: "LED-13",
    bug: "the flags of an id are not hashed, so a word has aliases",
    file: "contracts/libraries/AssetId.sol",
    find: "abi.encode(owner, salt, flags)",
    replace: "abi.encode(owner, salt)",
  },
  {
    invariant: "LED-14",
    bug: "an amount that is too large reaches into the limit",
    file: OPERATION,
    find: "(amount_ & AMOUNT_MASK)",
    replace: "amount_",
  },
  {
    invariant: "LED-15",
    bug: "a skipped operation reaches the protocol as it was signed",
    file: SECTIONS,
    find: "position.blank();",
    replace: "",
  },
  {
    invariant: "LED-15",
    bug: "a skipped operation keeps its second word",
    file: OPERATION,
    find: "mstore(position, 0) mstore(add(position, 32), 0)",
    replace: "mstore(position, 0)",
  },
  {
    invariant: "LED-16",
    bug: "transfers of a section are credited when all are debited",
    file: SECTIONS,
    find: "_credit(to, leg.id, amount); address from = head.account();",
    replace: "address from = head.account();",
    also: {
      find: `position = _debitRun(frame.legs, frame.version, position, end, isTransfer);
        while (position < end) {
            (uint256 head, uint256 body) = (position.load(), position.loadBody());
            bool ok = isTransfer
                ? _tryTransfer(frame, head, body)
                : _tryDebit(frame, head, body.amount(), frame.protocol);
            if (!ok) _skip(frame, position);
            position = _debitRun(frame.legs, frame.version, position.next(), end, isTransfer);
        }`,
      replace: `for (; position < end; position = position.next()) {
            (uint256 head, uint256 body) = (position.load(), position.loadBody());
            bool ok = isTransfer
                ? _tryTransfer(frame, head, body)
                : _tryDebit(frame, head, body.amount(), frame.protocol);
            if (!ok) _skip(frame, position);
        }
        for (position = frame.operations.first(); isTransfer && position < end; position = position.next()) {
            (uint256 head, uint256 body) = (position.load(), position.loadBody());
            if (head != 0) _credit(head.receiver(body), frame.legs[head.side()].id, body.amount());
        }`,
    },
  },
  {
    invariant: "LED-16",
    bug: "a transfer that does not fit is dropped with what it debited",
    file: SECTIONS,
    find: "_credit(to, leg.id, amount); address from = head.account();",
    replace: `(uint256 key, uint256 at) = homeOf(leg.id);
        (, _cells[key][to].word) = _cells[key][to].word.tryAdd(at, amount);
        address from = head.account();`,
  },
  {
    invariant: "LED-16",
    bug: "a transfer that does not fit is passed over in a run",
    file: SECTIONS,
    find: "if shr(112, add(shr(144, shl(mload(add(leg, 0x40)), held)), amount)) { break }",
    replace: "if shr(112, add(shr(144, shl(mload(add(leg, 0x40)), held)), amount)) { continue }",
  },
  {
    invariant: "LED-16",
    bug: "a transfer to oneself is debited alone",
    file: SECTIONS,
    find: "or(eq(to, shr(96, head)), and(shr(81, head), 1))",
    replace: "and(shr(81, head), 1)",
  },
  {
    invariant: "AMM-1",
    bug: "the input is left out of the divisor",
    file: MATH,
    find: "out = fill(net, x * PIPS + net, y * PIPS);",
    replace: "out = fill(net, x * PIPS, y * PIPS);",
  },
  {
    invariant: "AMM-2",
    bug: "an output rounds up",
    file: MATH,
    find: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS);",
    replace: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS, Math.Rounding.Ceil);",
  },
  {
    invariant: "AMM-2",
    bug: "the input for an exact output rounds down",
    file: MATH,
    find: "Math.ceilDiv(x * out * PIPS, (y - out) * pool.keep)",
    replace: "(x * out * PIPS) / ((y - out) * pool.keep)",
  },
  {
    invariant: "AMM-3",
    bug: "an output rounds up, so many small swaps pay",
    file: MATH,
    find: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS);",
    replace: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS, Math.Rounding.Ceil);",
  },
  {
    invariant: "AMM-4",
    bug: "removing liquidity burns no shares",
    file: CORE,
    find: "issue = WordLib.pack(0, shares);",
    replace: "issue = WordLib.pack(0, 0);",
  },
  {
    invariant: "AMM-4",
    bug: "added shares are not counted in the supply",
    file: CORE,
    find: "_storeShares(stored, pool, pool.totalShares + shares);",
    replace: "",
  },
  {
    invariant: "AMM-4",
    bug: "the offsets do not follow the shares that are added",
    file: CORE,
    find: "_storeShares(stored, pool, pool.totalShares + shares);",
    replace: "stored.totalShares = uint112(pool.totalShares + shares);",
  },
  {
    invariant: "AMM-5",
    bug: "a fill changes the price of the next",
    file: CORE,
    find: "mstore(side, add(mload(side), out))",
    replace: `mstore(side, add(mload(side), out))
                mstore(sub(side, 0x60), sub(mload(sub(side, 0x60)), out))`,
  },
  {
    invariant: "AMM-6",
    bug: "an order that cannot fill moves the price",
    file: CORE,
    find: "else payouts[i] = OperationLib.FAILED;",
    replace: "else { payouts[i] = OperationLib.FAILED; if (kind == 0) sides[0].sold += body.amount(); }",
  },
  {
    invariant: "AMM-7",
    bug: "shares round up, and more is taken than was offered",
    file: MATH,
    find: "return (maximum * pool.totalShares) / reserve;",
    replace: "return Math.ceilDiv(maximum * pool.totalShares, reserve);",
    also: {
      find: "require(amount0 <= max0, IAmmCore.AmmAboveMaximumIn(amount0, max0));",
      replace: "",
    },
  },
  {
    invariant: "AMM-8",
    bug: "reserves are read from the token",
    file: LENS,
    find: "(pool.reserve0, pool.reserve1) = (book.amount(0), book.amount(1));",
    replace: `(, bytes memory held) = address(uint160(key.asset0)).staticcall(
            abi.encodeWithSignature("balanceOf(address)", address(LEDGER))
        );
        (pool.reserve0, pool.reserve1) = (abi.decode(held, (uint256)), book.amount(1));`,
  },
  {
    invariant: "AMM-9",
    bug: "a quote forgets the fee",
    file: LENS,
    find: "pool.keep = AmmMath.PIPS - book.fee();",
    replace: "pool.keep = AmmMath.PIPS;",
  },
  {
    invariant: "AMM-10",
    bug: "a batch counts its input twice",
    file: CORE,
    find: "* AmmMath.PIPS + sides[0].sold * pool.keep;",
    replace: "* AmmMath.PIPS + 2 * sides[0].sold * pool.keep;",
  },
  {
    invariant: "AMM-11",
    bug: "what new shares cost rounds down",
    file: MATH,
    find: "amount = Math.ceilDiv(reserve * shares, pool.totalShares);",
    replace: "amount = (reserve * shares) / pool.totalShares;",
  },
  {
    invariant: "AMM-11",
    bug: "what shares are worth rounds up",
    file: MATH,
    find: "amount0 = (pool.reserve0 * shares) / pool.totalShares;",
    replace: "amount0 = Math.ceilDiv(pool.reserve0 * shares, pool.totalShares);",
  },
  {
    invariant: "AMM-12",
    bug: "an order fills below its limit",
    file: CORE,
    find: "or(iszero(worst), lt(worst, and(shr(112, body), HALF_MASK)))",
    replace: "iszero(worst)",
  },
  {
    invariant: "AMM-12",
    bug: "an order whose product exceeds 256 bits fills below its limit",
    file: CORE,
    find: "return worst != 0 && worst >= limit;",
    replace: "return worst != 0;",
  },
  {
    invariant: "AMM-13",
    bug: "the whole input comes back as change",
    file: CORE,
    find: "uint256 change = maximum - amountIn;",
    replace: "uint256 change = maximum;",
  },
  {
    invariant: "AMM-13",
    bug: "what shares of a range pool cost and are worth forgets its offsets",
    file: MATH,
    find: "amount = Math.ceilDiv(reserve * shares, pool.totalShares); if (rate == 0) return amount;",
    replace: "amount = Math.ceilDiv(reserve * shares, pool.totalShares); if (rate < 1 << 127) return amount;",
    also: {
      find: "if (pool.alpha | pool.beta != 0) return _keepProduct(pool, pool.totalShares - shares, amount0, amount1);",
      replace: "",
    },
  },
  {
    invariant: "AMM-13",
    bug: "what shares of a range pool are worth forgets its offsets",
    file: MATH,
    find: "if (pool.alpha | pool.beta != 0) return _keepProduct(pool, pool.totalShares - shares, amount0, amount1);",
    replace: "",
  },
  {
    invariant: "AMM-14",
    bug: "the first shares are more than the reserves carry",
    file: MATH,
    find: "shares = Math.mulDiv(b + root, 1 << 127, c);",
    replace: "shares = Math.mulDiv(b + root, 1 << 127, c) + 1;",
  },
  {
    invariant: "AMM-15",
    bug: "a price above the band clears",
    file: MATH,
    find: "price >= low && priceUp <= high",
    replace: "price >= low && priceUp != 0",
  },
  {
    invariant: "AMM-16",
    bug: "a removal from a range pool pays the plain quotient",
    file: "contracts/libraries/AmmMath.sol",
    find: "if (pool.alpha | pool.beta != 0) return _keepProduct(pool, pool.totalShares - shares, amount0, amount1);",
    replace: "",
  },
  {
    invariant: "AMM-16",
    bug: "an addition to a range pool takes the plain quotient",
    file: "contracts/libraries/AmmMath.sol",
    find: "amount = Math.max(amount, Math.saturatingSub(needed, offset(rate, total) + reserve));",
    replace: "needed;",
  },
  {
    invariant: "AMM-16",
    bug: "an emptied side is forgotten",
    file: "contracts/libraries/AmmMath.sol",
    find: "if (held0 != 0 && held0 < share0) {",
    replace: "if (held0 > 2 ** 200) {",
  },
];

/** Test files by the prefix of the id; the id itself selects the tests in them. */
const TEST_FILES: Readonly<Record<string, readonly string[]>> = {
  LED: ["test/property/core", "test/invariant/LedgerInvariants.t.sol"],
  AMM: ["test/property/amm", "test/invariant/AmmInvariants.t.sol"],
};
const COPIED = ["contracts", "scripts", "test/helpers", "test/property", "test/invariant"];
const COPIED_FILES = ["hardhat.config.ts", "package.json", "tsconfig.json"];

const options = new Command("npm run plant-bugs --")
  .description("Plants known bugs in a copy of the contracts and checks that the invariant of each one finds it.")
  .option("--only <ids>", "invariants, for example LED-4,AMM-2", (text) => text.split(",").map((id) => id.trim()))
  .option("--json", "print the verdicts as JSON")
  .allowExcessArguments(false)
  .parse()
  .opts<{ only?: string[]; json?: boolean }>();

function selectMutations(): readonly Mutation[] {
  const { only } = options;
  if (only === undefined) return MUTATIONS;
  const known = new Set(MUTATIONS.map(({ invariant }) => invariant));
  const unknown = only.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new FailureError("UNKNOWN_INVARIANT", `There is no planted bug for ${unknown.join(", ")}.`);
  }
  return MUTATIONS.filter(({ invariant }) => only.includes(invariant));
}

function plant(source: string, { invariant, bug, file, find, replace, also }: Mutation): string {
  let planted = source;
  for (const place of [{ find, replace }, ...(also === undefined ? [] : [also])]) {
    const words = place.find.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(words.join("\\s+"), "g");
    const count = [...source.matchAll(pattern)].length;
    if (count !== 1) {
      const where = count === 0 ? "does not stand in" : `stands ${count.toString()} times in`;
      throw new FailureError(
        "SNIPPET_NOT_FOUND",
        `The bug of ${invariant} "${bug}" cannot be planted: its snippet ${where} ${file}. Mend it in scripts/plant-bugs.ts.`,
      );
    }
    planted = planted.replace(pattern, () => place.replace);
  }
  return planted;
}

/** LED-4 becomes LED_04, as it stands in the names of tests. */
function testId(invariant: string): string {
  const [prefix, number] = invariant.split("-") as [string, string];
  return `${prefix}_${number.padStart(2, "0")}`;
}

type TestRun = { failing: readonly string[]; passing: number };

/** Runs the tests of one invariant in the copy. */
async function runTests(folder: string, invariant: string): Promise<TestRun> {
  const id = testId(invariant);
  const files = (TEST_FILES[id.slice(0, 3)] ?? []).map((file) => (file.endsWith(".sol") ? file : `${file}/*.t.sol`));
  const { output } = await runCommand(`cd "${folder}" && hardhat test solidity --grep ${id} ${files.join(" ")}`);
  const failing = new Set([...output.matchAll(/^\s*\d+\) ((?:test|invariant)_\w+)/gm)].map(([, name]) => name ?? ""));
  const passing = Number(/(\d+) passing/.exec(output)?.[1] ?? 0);
  if (failing.size + passing === 0) {
    throw new FailureError(
      "TESTS_DID_NOT_RUN",
      `The tests of ${invariant} did not run:\n${output.trim().slice(-3000)}`,
    );
  }
  return { failing: [...failing], passing };
}

async function copyRepository(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lakh-bugs-"));
  for (const name of [...COPIED, ...COPIED_FILES]) {
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "junction");
  return folder;
}

async function judge(
  folder: string,
  mutation: Mutation,
  sound: ReadonlyMap<string, readonly string[]>,
): Promise<Verdict> {
  const start = performance.now();
  const file = path.join(folder, mutation.file);
  const source = await readFile(file, "utf8");
  await writeFile(file, plant(source, mutation));
  try {
    const { failing } = await runTests(folder, mutation.invariant);
    const known = sound.get(mutation.invariant) ?? [];
    // What fails without the bug says nothing about it.
    const killers = failing.filter((name) => !known.includes(name));
    const seconds = (performance.now() - start) / 1000;
    return { ...mutation, status: killers.length > 0 ? "killed" : "survived", killers, seconds };
  } finally {
    await writeFile(file, source);
  }
}

function formatTable(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ invariant, status, bug, killers }) =>
      [invariant.padEnd(8), status.padEnd(10), bug, killers.length > 0 ? ` (${killers[0] ?? ""})` : ""].join(""),
    )
    .join("\n");
}

async function main(): Promise<void> {
  const mutations = selectMutations();
  for (const mutation of mutations) plant(await readFile(path.join(ROOT, mutation.file), "utf8"), mutation);
  const invariants = [...new Set(mutations.map(({ invariant }) => invariant))];
  const folder = await copyRepository();
  const sound = new Map<string, readonly string[]>();
  const verdicts: Verdict[] = [];
  const tasks: ListrTask[] = [
    {
      title: "Without a bug",
      task: async (_context, task): Promise<void> => {
        for (const invariant of invariants) {
          task.title = `Without a bug: ${invariant}`;
          sound.set(invariant, (await runTests(folder, invariant)).failing);
        }
        const failing = [...sound.values()].flat();
        task.title = failing.length === 0 ? "Without a bug: all pass" : `Without a bug fail: ${failing.join(", ")}`;
      },
    },
    ...mutations.map((mutation): ListrTask => {
      const title = `${mutation.invariant}: ${mutation.bug}`;
      return {
        title,
        task: async (_context, task): Promise<void> => {
          const verdict = await judge(folder, mutation, sound);
          verdicts.push(verdict);
          task.title = `${title}: ${verdict.status} (${verdict.seconds.toFixed(0)} s)`;
          if (verdict.status === "survived") throw new FailureError("SURVIVED", task.title);
        },
        exitOnError: false,
      };
    }),
  ];
  try {
    const renderer = options.json === true ? "silent" : process.stdout.isTTY ? "default" : "simple";
    const list = new Listr(tasks, { concurrent: false, exitOnError: true, renderer });
    await list.run();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const failing = [...sound.values()].flat();
  console.log(options.json === true ? JSON.stringify({ failing, verdicts }, undefined, 2) : formatTable(verdicts));
  const survivors = verdicts.filter(({ status }) => status === "survived");
  if (survivors.length > 0) {
    const names = survivors.map(({ invariant, bug }) => `${invariant} "${bug}"`).join(", ");
    throw new FailureError("SURVIVORS", `${survivors.length.toString()} bugs survived: ${names}.`);
  }
  if (verdicts.length < mutations.length) {
    throw new FailureError(
      "INCOMPLETE",
      `Only ${verdicts.length.toString()} of ${mutations.length.toString()} bugs were judged.`,
    );
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopRunningCommands();
    process.exit(1);
  });
}

await runMain(main);
