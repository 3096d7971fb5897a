import { createServer, type IncomingMessage } from "node:http";

/** What was handed to an explorer for publication. */
export type Submission = {
  contractaddress: string;
  sourceCode: string;
  codeformat: string;
  contractname: string;
  compilerversion: string;
  constructorArguments: string;
  /** Only Etherscan is told. */
  chainid: string | null;
  apikey: string | null;
};

/** An explorer on the loopback interface that speaks as Etherscan v2 and Blockscout do. */
export type MockExplorer = {
  url: string;
  submissions: readonly Submission[];
  /** Refuse the sources of contracts with this name from now on. */
  refuse: (name: string) => void;
  stop: () => Promise<void>;
};

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** Starts it; everything that is handed in passes, unless refused. */
export async function startExplorer(): Promise<MockExplorer> {
  const submissions: Submission[] = [];
  const refused = new Set<string>();
  const answer = async (request: IncomingMessage): Promise<{ status: string; message: string; result: unknown }> => {
    const query = new URL(request.url ?? "", "http://127.0.0.1").searchParams;
    const ok = (result: unknown) => ({ status: "1", message: "OK", result });
    const isApi = request.url?.startsWith("/api?") === true && query.get("module") === "contract";
    switch (isApi ? (query.get("action") ?? "") : "") {
      case "getsourcecode":
        return ok([{ SourceCode: "" }]);
      case "verifysourcecode": {
        const fields = Object.fromEntries(await bodyOf(request)) as Omit<Submission, "chainid" | "apikey">;
        submissions.push({ ...fields, chainid: query.get("chainid"), apikey: query.get("apikey") });
        return ok(`guid-${submissions.length}`);
      }
      case "checkverifystatus": {
        const submission = submissions[Number(query.get("guid")?.slice("guid-".length)) - 1];
        const name = submission?.contractname.split(":")[1] ?? "";
        if (submission !== undefined && !refused.has(name)) return ok("Pass - Verified");
        return { status: "0", message: "NOTOK", result: "Fail - Unable to verify" };
      }
      default:
        return { status: "0", message: "NOTOK", result: `Unknown request ${request.url ?? ""}` };
    }
  };
  const server = createServer((request, response) => {
    answer(request)
      .then((body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    ...{ url: `http://127.0.0.1:${port}/api`, submissions },
    refuse: (name) => void refused.add(name),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
