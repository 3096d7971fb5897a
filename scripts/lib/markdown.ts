/** A Markdown table; `|` in cells is escaped. Columns from `figuresFrom` on stand to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  figuresFrom = head.length,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |`;
  return [
    line(head),
    `|${head.map((_, index) => (index < figuresFrom ? "---|" : "---:|")).join("")}`,
    ...rows.map(line),
  ].join("\n");
}

function escapeCell(cell: string): string {
  return cell.replaceAll(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** A page of paragraphs, with one empty line between them. */
export function page(...blocks: readonly string[]): string {
  const texts = blocks.map((block) => block.trim()).filter((text) => text !== "");
  return `${texts.join("\n\n")}\n`;
}
