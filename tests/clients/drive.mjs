// Drives an MCP server over stdio with the TypeScript client, as a host does.
//
// Reads one JSON plan from stdin: {command, args, env, era: "legacy"|"modern", person, calls: [{name, arguments}]}
// where person is null (the client cannot ask), or {action, content?} for every question.
// Writes one JSON object to stdout: {protocol, tools, questions, results}.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

async function readPlan() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

const plan = await readPlan();
const questions = [];
const client = new Client(
  { name: "client-tests", version: "1.0.0" },
  {
    capabilities: plan.person ? { elicitation: { form: {} } } : {},
    ...(plan.era === "modern" ? { versionNegotiation: { mode: "auto" } } : {}),
  },
);
if (plan.person) {
  client.setRequestHandler("elicitation/create", async (request) => {
    questions.push({ message: request.params.message, schema: request.params.requestedSchema });
    return plan.person;
  });
}
const transport = new StdioClientTransport({ command: plan.command, args: plan.args, env: plan.env });
await client.connect(transport);
const listed = await client.listTools();
const results = [];
for (const call of plan.calls) results.push(await client.callTool({ name: call.name, arguments: call.arguments }));
const answer = {
  protocol: client.getNegotiatedProtocolVersion?.() ?? null,
  server: client.getServerVersion()?.name ?? null,
  tools: listed.tools.map((tool) => tool.name),
  questions,
  results,
};
await client.close();
process.stdout.write(JSON.stringify(answer));
