import { SENTENCES } from "../../../src/sentences.js";
import { accessDocument } from "./access-document.js";
import { analyse } from "./analysis.js";
import { errorsDocument } from "./errors.js";
import { slitherDocument } from "./slither-document.js";
import { storageDocument } from "./storage.js";
import { toolsDocument } from "./tools.js";
import { uncheckedDocument } from "./unchecked.js";

/** A page of docs/ that follows from the sources. */
export type AuditDocument = { name: string; output: string; render: () => Promise<string> };

export const AUDIT_DOCUMENTS: readonly AuditDocument[] = [
  {
    name: "errors with their selectors",
    output: "docs/errors.md",
    render: async () => errorsDocument(await analyse(), SENTENCES),
  },
  {
    name: "access matrix",
    output: "docs/access.md",
    render: async () => accessDocument(await analyse()),
  },
  {
    name: "storage layout",
    output: "docs/storage-layout.md",
    render: async () => storageDocument(await analyse()),
  },
  {
    name: "unchecked and assembly blocks with their proofs",
    output: "docs/unchecked.md",
    render: async () => uncheckedDocument(await analyse()),
  },
  {
    name: "what each tool sees",
    output: "docs/tools.md",
    render: async () => toolsDocument(await analyse()),
  },
  {
    name: "judgements of Slither's findings",
    output: "docs/slither.md",
    render: async () => slitherDocument(),
  },
];
