import type { Of } from "../../codec/msgpack/shape.ts";
import { flag, nullable, struct, text } from "../../codec/msgpack/shape.ts";
import { checkList, checkRecords, checkShape, loadCheck } from "../checks/records.ts";
import { loadNode, nodeFields, nodeRecords } from "../nodes/records.ts";
import type { RecordKind } from "../records/kind.ts";
import { finishServices, loadService, SERVICE_TABLES, serviceRecords, serviceShape } from "../services/records.ts";

const shape = struct({
  ...nodeFields,
  Check: nullable(checkShape),
  Checks: checkList,
  Service: nullable(serviceShape),
  SkipNodeUpdate: flag,
  Token: text,
});

/** A node; or one of its services, or one of its checks, and the node's fields again. */
export const registerRecords: RecordKind<Of<typeof shape>> = {
  type: 0,
  shape,
  tables: ["nodes", ...SERVICE_TABLES, "checks"],
  load(db, record) {
    const { Service, Check, Checks } = record;
    const nodeKey = record.Node.toLowerCase();
    loadNode(db, record, Service !== null || Check !== null);
    if (Service !== null) loadService(db, nodeKey, Service);
    for (const check of [...(Checks ?? []), ...(Check === null ? [] : [Check])]) loadCheck(db, nodeKey, check);
    return true;
  },
  finish: finishServices,
  save(db, put) {
    for (const { nodeKey, record } of nodeRecords(db)) {
      const node = { ...record, Check: null, Checks: null, Service: null, SkipNodeUpdate: false, Token: "" };
      put(node);
      for (const Service of serviceRecords(db, nodeKey)) put({ ...node, Service });
      for (const Check of checkRecords(db, nodeKey)) put({ ...node, Check });
    }
  },
};
