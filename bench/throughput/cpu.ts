import { readdirSync, readFileSync } from "node:fs";

const NANOS_PER_MICRO = 1_000;
/** USER_HZ: what /proc/stat counts in, on every Linux. */
const MICROS_PER_TICK = 10_000;

/** Processor time of another process, as the scheduler counts it. Threads that ended keep what was last read of them. */
export class CpuMeter {
  readonly #pid: number;
  readonly #nanosOf = new Map<string, number>();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Microseconds since the process began. */
  read(): number {
    for (const thread of readdirSync(`/proc/${this.#pid}/task`)) {
      const nanos = readNanos(`/proc/${this.#pid}/task/${thread}/schedstat`);
      if (nanos !== undefined) this.#nanosOf.set(thread, nanos);
    }
    let sum = 0;
    for (const nanos of this.#nanosOf.values()) sum += nanos;
    return sum / NANOS_PER_MICRO;
  }
}

function readNanos(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8").split(" ")[0]);
  } catch {
    return undefined; // the thread ended in between
  }
}

/** Microseconds of processor time that this process has used. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export type MachineTime = { busy: number; total: number };

/** Microseconds of all processors together. */
export function readMachine(): MachineTime {
  const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "";
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...rest] = line
    .trim()
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  const busy = user + nice + system + rest.reduce((sum, ticks) => sum + ticks, 0);
  return { busy: busy * MICROS_PER_TICK, total: (busy + idle + wait) * MICROS_PER_TICK };
}

/** The process among the descendants of `pid` that runs `command`. */
export function findDescendant(pid: number, command: string): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  for (const child of children) {
    if (readFileSync(`/proc/${child}/comm`, "utf8").trim() === command) return child;
    const found = findDescendant(child, command);
    if (found !== undefined) return found;
  }
  return undefined;
}
