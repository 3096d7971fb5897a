import type { Future, IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

/**
 * A builder whose transactions follow one another, each when the one before is confirmed. Without it Ignition sends at once
 * what does not depend on each other, and a run that goes on after an interruption groups anew: other nonces, other addresses.
 */
export function inOrder(m: IgnitionModuleBuilder): IgnitionModuleBuilder {
  let last: Future[] = [];
  const follow = <T extends Future>(build: (after: Future[]) => T): T => {
    const future = build(last);
    last = [future];
    return future;
  };
  const contract = (name: string, second?: unknown, third?: unknown, fourth?: unknown): Future => {
    const isArtifact = second !== undefined && !Array.isArray(second);
    const [args, options] = (isArtifact ? [third, fourth] : [second, third]) as [
      never[] | undefined,
      object | undefined,
    ];
    return follow((after) =>
      isArtifact
        ? m.contract(name, second as never, args ?? [], { ...options, after })
        : m.contract(name, args ?? [], { ...options, after }),
    );
  };
  const call: IgnitionModuleBuilder["call"] = (target, name, args, options) =>
    follow((after) => m.call(target, name, args, { ...options, after }));
  return Object.assign(Object.create(m) as IgnitionModuleBuilder, { contract, call });
}
