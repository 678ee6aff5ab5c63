import { type CommandContext, orFail } from "./context.ts";

/** The one config entry that says which services others may use. */
export const EXPORTED_SERVICES_PATH = "/v1/config/exported-services/default";

/** As the API prints it: what is empty is left out. */
export interface PrintedExportedServices {
  readonly Kind: "exported-services";
  readonly Name: "default";
  readonly Services?: readonly ExportedService[] | null;
  readonly Meta?: Readonly<Record<string, string>>;
  readonly ModifyIndex?: number;
}

export interface ExportedService {
  readonly Name: string;
  readonly Consumers?: readonly { readonly Peer?: string; readonly Partition?: string }[] | null;
}

/** Undefined when nothing was ever exported. */
export async function readExportedServices({ api }: CommandContext): Promise<PrintedExportedServices | undefined> {
  return await orFail("Error reading exported services", api.find<PrintedExportedServices>(EXPORTED_SERVICES_PATH));
}
