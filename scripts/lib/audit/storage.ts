import { keccak256, toUtf8Bytes } from "ethers";
import { FailureError } from "../failure.js";
import type { Analysis, AnalysedContract } from "./analysis.js";
import { nameOf, nodesOf, walk } from "./ast.js";
import { code, page, table } from "../markdown.js";
import { ASSEMBLY_SLOTS, PACKED_WORDS } from "./words.js";

/** As solc writes it. */
export type StorageLayout = { storage: StorageEntry[]; types: Record<string, StorageType> | null };
export type StorageEntry = { label: string; slot: string; offset: number; type: string };
export type StorageType = {
  label: string;
  numberOfBytes: string;
  members?: StorageEntry[];
  key?: string;
  value?: string;
};

/** A row of a layout: where, how long, what. */
export type Row = { slot: string; offset: number; bytes: string; type: string; name: string };

/** Variables, and below each the members of the struct that it is or, through mappings, leads to. */
export function rowsOf({ storage, types }: StorageLayout): Row[] {
  return storage.flatMap(({ label, slot, offset, type }) => {
    const { label: typeLabel, numberOfBytes: bytes, value } = typeOf(types, type);
    const variable = { slot, offset, bytes, type: typeLabel, name: label };
    const [path, target] = value === undefined ? ["", type] : valueOf(types, type);
    const members = typeOf(types, target).members ?? [];
    // A member's slot counts from the struct's first: a hash where it is in a mapping.
    const base = value === undefined ? "" : `${label}${path}`;
    return [
      variable,
      ...members.map((member) => ({
        slot: base === "" ? (BigInt(slot) + BigInt(member.slot)).toString() : `${base} + ${member.slot}`,
        offset: member.offset,
        bytes: typeOf(types, member.type).numberOfBytes,
        type: typeOf(types, member.type).label,
        name: `${label}${path}.${member.label}`,
      })),
    ];
  });
}

function typeOf(types: StorageLayout["types"], id: string): StorageType {
  const type = types?.[id];
  if (type === undefined) throw new FailureError("UNKNOWN_TYPE", `The layout does not describe ${id}.`);
  return type;
}

/** What a mapping leads to, and the way there, as `[address][uint256]`. */
function valueOf(types: StorageLayout["types"], id: string): [path: string, target: string] {
  const { key, value } = typeOf(types, id);
  if (key === undefined || value === undefined) return ["", id];
  const [path, target] = valueOf(types, value);
  return [`[${typeOf(types, key).label}]${path}`, target];
}

/** Slots that are hashes: constants `…_SLOT`, with their values. */
export function hashedSlots({ sources }: Analysis): { name: string; file: string; text: string; value: string }[] {
  return Object.entries(sources).flatMap(([file, { ast }]) =>
    nodesOf(ast, "VariableDeclaration")
      .filter(({ constant, name }) => constant === true && String(name).endsWith("_SLOT"))
      .map((node) => {
        const literal = nodesOf(node.value, "Literal")[0];
        const text = String(literal?.value);
        return { name: String(node.name), file, text, value: keccak256(toUtf8Bytes(text)) };
      }),
  );
}

/** Functions whose assembly touches storage, as `file function`, with the instructions. */
export function assemblyAccesses({ sources }: Analysis): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [file, { ast }] of Object.entries(sources)) {
    for (const [node, parents] of walk(ast)) {
      const name = node.nodeType === "YulFunctionCall" ? (node.functionName as { name: string }).name : "";
      if (!["sload", "sstore", "tload", "tstore"].includes(name)) continue;
      const around = parents.findLast(({ nodeType }) => nodeType === "FunctionDefinition");
      const key = `${file} ${around === undefined ? "" : nameOf(around)}`;
      found.set(key, [...new Set([...(found.get(key) ?? []), name])].sort());
    }
  }
  return found;
}

function layoutTable(layout: StorageLayout): string {
  const rows = rowsOf(layout).map(({ slot, offset, bytes, type, name }) => [
    slot,
    String(offset),
    bytes,
    code(type),
    code(name),
  ]);
  return table(["slot", "byte", "bytes", "type", "name"], rows);
}

function contractSection({ name, file, storage, transient }: AnalysedContract): string {
  const parts = [`## ${name}`, code(file)];
  if (storage.storage.length === 0 && transient.storage.length === 0) parts.push("No storage.");
  if (storage.storage.length > 0) parts.push(layoutTable(storage));
  if (transient.storage.length > 0) parts.push("Transient:", layoutTable(transient));
  return parts.join("\n\n");
}

/** `docs/storage-layout.md`. */
export function storageDocument(analysis: Analysis): string {
  const accesses = assemblyAccesses(analysis);
  const unknown = [...accesses.keys()].filter((place) => ASSEMBLY_SLOTS[place] === undefined);
  const gone = Object.keys(ASSEMBLY_SLOTS).filter((place) => !accesses.has(place));
  if (unknown.length + gone.length > 0) {
    throw new FailureError(
      "ASSEMBLY_SLOTS_STALE",
      `scripts/lib/audit/words.ts must say which slots assembly touches in ${[...unknown, ...gone].join(", ")}.`,
    );
  }
  return page(
    "# Storage layout",
    `Written by \`npm run gen\` from what solc says; do not edit. No contract is a proxy or upgraded: the table shows a reviewer
what shares a slot, and a change of it in a pull request. Bytes count from the low end of a slot. A mapping takes its slot
for nothing; its values, with the members of a struct below, stand where the hash of key and slot says.`,
    ...analysis.contracts.filter(({ deployable }) => deployable).map(contractSection),
    "## Slots that are hashes",
    table(
      ["constant", "file", "slot"],
      hashedSlots(analysis).map(({ name, file, text, value }) => [
        code(name),
        code(file),
        `\`keccak256("${text}")\` = \`${value}\``,
      ]),
    ),
    "`FLASH_SLOT` is transient: each token's flag stands at `keccak256(token, FLASH_SLOT)`. Variables begin at slot 0, values of\nmappings at other hashes: no two of them meet.",
    "## Assembly that touches storage",
    table(
      ["where", "instructions", "slot"],
      [...accesses].map(([place, names]) => [code(place), names.join(", "), ASSEMBLY_SLOTS[place] ?? ""]),
    ),
    "## Packed words",
    ...PACKED_WORDS.flatMap(({ title, note, fields }) => [
      `### ${title}`,
      note,
      table(
        ["bits", "what"],
        fields.map(([bits, what]) => [bits, what]),
      ),
    ]),
  );
}
