import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { USAGE_INSTANCES_FLAGS } from "./table/operator.ts";

type Parsed = ParsedFlags<typeof USAGE_INSTANCES_FLAGS>;

/** Of one datacenter. */
interface Usage {
  readonly Services: number;
  readonly ServiceInstances: number;
  /** By kind of proxy or gateway. */
  readonly ConnectServiceInstances: Readonly<Record<string, number>>;
  /** Instances of services that are neither proxies nor gateways nor the servers. */
  readonly BillableServiceInstances: number;
  /** Absent before Consul 1.16. */
  readonly Nodes?: number;
}

type UsageByDatacenter = readonly (readonly [datacenter: string, usage: Usage])[];

const GAP = "      ";

/** `operator usage instances`, in the tables of Consul 1.14 and later. */
export async function run(context: CommandContext, { values }: Parsed): Promise<number> {
  if (values["only-billable"] && values["only-connect"])
    throw new CommandFailure("Cannot specify both -only-billable and -only-connect flags");
  const query = values["all-datacenters"] ? { global: "" } : {};
  const read = context.api.get<{ Usage: Readonly<Record<string, Usage>> }>("/v1/operator/usage", { query });
  const answer = await orFail("Error fetching usage information", read);
  if (values.format === "json") {
    context.out.write(encodeGoJson(answer.Usage, true));
    return 0;
  }
  const usage = Object.entries(answer.Usage).sort(([a], [b]) => (a < b ? -1 : 1));
  context.print(sections(usage, values).join("\n\n"));
  return 0;
}

function sections(usage: UsageByDatacenter, values: Parsed["values"]): string[] {
  const all = values["all-datacenters"];
  const billable = values["only-connect"]
    ? []
    : [billableLines(usage), `Billable Services\n${billableTable(usage, all)}`, `Nodes\n${nodesTable(usage)}`];
  return values["only-billable"] ? billable : [...billable, `Connect Services\n${connectTable(usage, all)}`];
}

const sum = (numbers: readonly number[]) => String(numbers.reduce((total, number) => total + number, 0));
const billableOf = (usage: UsageByDatacenter) =>
  usage.map(([, { BillableServiceInstances }]) => BillableServiceInstances);

function billableLines(usage: UsageByDatacenter): string {
  return [
    `Billable Service Instances Total: ${sum(billableOf(usage))}`,
    ...usage.map(
      ([datacenter, { BillableServiceInstances }]) =>
        `${datacenter} Billable Service Instances: ${BillableServiceInstances}`,
    ),
  ].join("\n");
}

function billableTable(usage: UsageByDatacenter, all: boolean): string {
  const rows = usage.map(([datacenter, { Services, BillableServiceInstances }]) => [
    datacenter,
    String(Services),
    String(BillableServiceInstances),
  ]);
  const total = ["Total", sum(usage.map(([, { Services }]) => Services)), sum(billableOf(usage))];
  return table(["Services", "Service instances"], rows, total, all);
}

function nodesTable(usage: UsageByDatacenter): string {
  const nodes = usage.map(([, { Nodes = 0 }]) => Nodes);
  const rows = usage.map(([datacenter], at) => [datacenter, String(nodes[at])]);
  return table(["Count"], rows, ["Total", sum(nodes)], true);
}

function connectTable(usage: UsageByDatacenter, all: boolean): string {
  const rows = usage.flatMap(([datacenter, { ConnectServiceInstances }]) =>
    Object.entries(ConnectServiceInstances)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, count]) => [datacenter, kind, String(count)]),
  );
  const total = ["Total", "", sum(rows.map(([, , count]) => Number(count)))];
  return table(["Type", "Service instances"], rows, total, all);
}

/** Rows begin with their datacenter; of one datacenter it is left out, and the total with it. */
function table(titles: readonly string[], rows: readonly string[][], total: string[], withDatacenter: boolean): string {
  if (!withDatacenter) return columnize([titles, ...rows.map((row) => row.slice(1))], GAP);
  return columnize([["Datacenter", ...titles], ...rows, total.map(() => ""), total], GAP);
}
