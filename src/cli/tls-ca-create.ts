import type { ParsedFlags } from "../lang/goflags.ts";
import { checkDays } from "./certificate-days.ts";
import { makeAuthority } from "./certificates.ts";
import type { CommandContext } from "./context.ts";
import { refuseExisting, writeNewFile } from "./new-files.ts";
import type { TLS_CA_FLAGS } from "./table/tls.ts";

/** `tls ca create`: a new authority in two new files of the working directory. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof TLS_CA_FLAGS>): Promise<number> {
  const certificateFile = `${values.domain}-agent-ca.pem`;
  const keyFile = `${values.domain}-agent-ca-key.pem`;
  refuseExisting([certificateFile, keyFile]);
  checkDays(values.days);
  const allowed = values["name-constraint"]
    ? [...(values["additional-name-constraint"] ?? []), values.domain, "localhost"]
    : [];
  const { certificate, key } = await makeAuthority({
    nowMs: context.clock.nowMs(),
    days: values.days,
    commonName: values["common-name"],
    permittedNames: allowed,
    uri: values["cluster-id"] === "" ? "" : `spiffe://${values["cluster-id"]}.${values.domain}`,
  });
  writeNewFile(certificateFile, certificate, "public");
  context.print(`==> Saved ${certificateFile}`);
  writeNewFile(keyFile, key, "private");
  context.print(`==> Saved ${keyFile}`);
  return 0;
}
