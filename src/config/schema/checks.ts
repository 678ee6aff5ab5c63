import { CHECK_DEFINITION } from "./check-definition.ts";
import { anyList, bool, definition, definitionList, duration, int, RELOADABLE } from "./key.ts";
import { SERVICE_DEFINITION } from "./service-definition.ts";

/** What this node has, and how its health is found out. */
export const CHECK_KEYS = {
  service: definition("A service of this node.", () => SERVICE_DEFINITION, RELOADABLE),
  services: definitionList("Services of this node.", () => SERVICE_DEFINITION, RELOADABLE),
  check: definition("A check of this node.", () => CHECK_DEFINITION, RELOADABLE),
  checks: definitionList("Checks of this node.", () => CHECK_DEFINITION, RELOADABLE),
  watches: anyList(
    "Queries whose change runs a handler: `type`, its parameters, and `args` or `http_handler_config`.",
    RELOADABLE,
  ),
  enable_script_checks: bool(false, "Allow checks that run programs, from files and over HTTP.", {
    flag: "enable-script-checks",
  }),
  enable_local_script_checks: bool(false, "Allow checks that run programs, from files only.", {
    flag: "enable-local-script-checks",
  }),
  check_update_interval: duration("5m", "How long a change of a check's output alone may wait."),
  check_output_max_size: int(4096, "Bytes of output to keep.", { flag: "check_output_max_size" }),
  discard_check_output: bool(false, "Keep no output.", RELOADABLE),
  disable_http_unprintable_char_filter: bool(false, "Allow unprintable characters in paths."),
};
