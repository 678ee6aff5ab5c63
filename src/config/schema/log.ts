import { ACCEPTED, bool, duration, int, RELOADABLE, string } from "./key.ts";

/** The agent's log. */
export const LOG_KEYS = {
  log_level: string("INFO", "`TRACE`, `DEBUG`, `INFO`, `WARN` or `ERR`.", { flag: "log-level", ...RELOADABLE }),
  log_json: bool(false, "One JSON object a line.", { flag: "log-json" }),
  log_file: string("", "File, or directory with a slash at its end, to write to as well.", { flag: "log-file" }),
  log_rotate_bytes: int(0, "Size that starts a new file; 0 is no limit.", { flag: "log-rotate-bytes" }),
  log_rotate_duration: duration("24h", "Age that starts a new file.", { flag: "log-rotate-duration" }),
  log_rotate_max_files: int(0, "Old files to keep; 0 keeps all, -1 none.", { flag: "log-rotate-max-files" }),
  enable_syslog: bool(false, "Write to syslog as well.", { flag: "syslog", ...ACCEPTED }),
  syslog_facility: string("LOCAL0", "Facility for syslog.", ACCEPTED),
};
