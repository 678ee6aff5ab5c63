/** A run of tests: what `bun run test:<name>` and the check start. */
export interface Suite {
  readonly name: string;
  /** Arguments for bun. */
  readonly argv: readonly string[];
  /** Runs the compiled executable, so it must be built first. */
  readonly needsBinary: boolean;
}

/** On a machine that does other things too, the longest takes several times its five seconds. */
const UNIT_TEST_TIMEOUT_MS = 60_000;
const E2E_TEST_TIMEOUT_MS = 60_000;
/** Real peers take their time: a death is noticed after some seconds. */
const INTEROP_TEST_TIMEOUT_MS = 120_000;
const FUZZ_TEST_TIMEOUT_MS = 120_000;
const SIM_TEST_TIMEOUT_MS = 240_000;

/**
 * In the order of the check: cheap before dear. Each has its folder under `test`; what starts processes and listens on
 * ports runs one file after the other, or two where they mostly wait, so that a slow machine does not turn load into failures.
 */
export const SUITES: readonly Suite[] = [
  { name: "tidy", argv: ["test", "./test/tidy"], needsBinary: false },
  // What tests rest on and could itself be wrong has tests beside it.
  {
    name: "unit",
    argv: ["test", "--parallel", `--timeout=${UNIT_TEST_TIMEOUT_MS}`, "./test/unit", "./test/support"],
    needsBinary: false,
  },
  // What the consensus core does, command by command, beside text files that say so.
  { name: "scenario", argv: ["test/scenario/run.ts"], needsBinary: false },
  { name: "sim", argv: ["test", `--timeout=${SIM_TEST_TIMEOUT_MS}`, "./test/sim"], needsBinary: false },
  // The gossip pool beside Debian's serf; skipped, with the reason, where there is none.
  {
    name: "interop",
    argv: ["test", `--timeout=${INTEROP_TEST_TIMEOUT_MS}`, "./test/interop/serf"],
    needsBinary: false,
  },
  // Whole agents beside those of a real Consul; skipped likewise.
  {
    name: "interop-consul",
    argv: ["test", `--timeout=${INTEROP_TEST_TIMEOUT_MS}`, "./test/interop/consul"],
    needsBinary: true,
  },
  // Whole pools of members, their figures, and the rules switched off one by one.
  { name: "gossip-sim", argv: ["test", `--timeout=${SIM_TEST_TIMEOUT_MS}`, "./test/gossip-sim"], needsBinary: false },
  {
    name: "e2e",
    argv: ["test", `--timeout=${E2E_TEST_TIMEOUT_MS}`, "--path-ignore-patterns=test/e2e/cluster/**", "./test/e2e"],
    needsBinary: true,
  },
  // Several agents at once, with what happens to clusters: mostly waiting, and each file on addresses of its own.
  {
    name: "cluster",
    argv: ["test", "--parallel=2", `--timeout=${E2E_TEST_TIMEOUT_MS}`, "./test/e2e/cluster"],
    needsBinary: true,
  },
  { name: "conformance", argv: ["test/conformance/run.ts"], needsBinary: true },
  // The same of a client agent, whose server answers.
  { name: "conformance-client", argv: ["test/conformance/run.ts", "--through-client"], needsBinary: true },
  // The replay's own tests, and Consul's Node.js client against the executable.
  { name: "clients", argv: ["test", `--timeout=${E2E_TEST_TIMEOUT_MS}`, "./test/conformance"], needsBinary: true },
  // Programs that speak to Consul, unmodified, against the executable; each is skipped, with the reason, where it is not.
  {
    name: "real-clients",
    argv: ["test", "--parallel", `--timeout=${INTEROP_TEST_TIMEOUT_MS}`, "./test/clients"],
    needsBinary: true,
  },
  { name: "fuzz", argv: ["test", `--timeout=${FUZZ_TEST_TIMEOUT_MS}`, "./test/fuzz"], needsBinary: true },
];
