type Level = "info" | "warn" | "error";

/** Writes one line of JSON. Callers name batches and counts, never accounts, addresses or orders. */
export type Log = (level: Level, event: string, values?: Readonly<Record<string, string | number | boolean>>) => void;

export function createLog(write: (line: string) => void = (line) => void process.stdout.write(line)): Log {
  return (level, event, values = {}) => {
    write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...values })}\n`);
  };
}
