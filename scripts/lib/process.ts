import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { FailureError } from "./failure.js";
import { ROOT } from "./paths.js";

export type CommandResult = { code: number; output: string };

export type CommandOptions = {
  /** Where it runs; in the repository unless set. */
  cwd?: string;
  env?: Record<string, string>;
  /** Called with each piece of output as it arrives. */
  onOutput?: (text: string) => void;
};

const running = new Set<ChildProcess>();
const ownGroup = process.platform !== "win32";

/** Runs a shell command, in the repository unless told otherwise, with the repository's `node_modules/.bin` first, and captures what it prints. */
export async function runCommand(command: string, options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(command, {
    cwd: options.cwd ?? ROOT,
    detached: ownGroup,
    env: {
      ...process.env,
      PATH: [path.join(ROOT, "node_modules", ".bin"), process.env.PATH].join(path.delimiter),
      FORCE_COLOR: "0",
      NO_COLOR: "1",
      ...options.env,
    },
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  const collect = (text: string): void => {
    output += text;
    options.onOutput?.(text);
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Runs a script of package.json, so that `npm test` and `npm run <name>` can never differ. */
export async function runPackageScript(
  name: string,
  args: readonly string[] = [],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const command = scripts[name];
  if (command === undefined) throw new FailureError("UNKNOWN_SCRIPT", `package.json has no script "${name}".`);
  return runCommand([command, ...args].join(" "), options);
}

/** Ends the commands that still run, with their children. */
export function stopRunningCommands(): void {
  for (const child of running) {
    if (child.pid === undefined) continue;
    try {
      if (ownGroup) process.kill(-child.pid, "SIGTERM");
      else child.kill();
    } catch {
      // It ended between the loop and the signal.
    }
  }
}

/** On Ctrl-C and on a polite kill, ends the commands that still run, and this process with 130. */
export function stopOnSignal(onStop: () => void = () => undefined): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopRunningCommands();
      onStop();
      process.exit(130);
    });
  }
}
