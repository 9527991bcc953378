// Inside core, imports go one way: a folder may import itself and the folders before it in this list, which follows a
// message's life. Tests and what stands in `testing` for them may look anywhere; package entries name what is public and so see everything.
import type { Check } from "./finding.ts";
import { isTest, modulesOf, relativeTarget } from "./module-source.ts";
import { packageEntries } from "./workspace.ts";

const order = ["errors", "tenancy", "message", "spi", "settings", "resilience", "decide", "workflow", "schedule", "log", "call", "deliver", "memory", "operate", "app"];
const source = "packages/core/src/";

export const coreOrder: Check = (tree) => {
  const entries = new Set(packageEntries(tree).values());
  return modulesOf(tree)
    .filter(({ path }) => path.startsWith(source) && !isTest(path) && !path.includes("/testing/") && !entries.has(path))
    .flatMap(({ path, imports }) => {
      const own = stageOf(path);
      if (!order.includes(own)) return [{ file: path, line: 1, message: `"${own}" is not a stage of core: ${order.join(" ← ")}.` }];
      return imports.flatMap((one) => {
        const target = relativeTarget(path, one.specifier);
        if (target === undefined || !target.startsWith(source)) return [];
        const stage = stageOf(target);
        if (order.indexOf(stage) <= order.indexOf(own) && order.includes(stage)) return [];
        return [{ file: path, line: one.line, message: `${own} may not import ${stage}, which comes later: ${order.join(" ← ")}.` }];
      });
    });
};

function stageOf(path: string): string {
  return path.slice(source.length).split("/")[0]?.replace(/\.ts$/, "") ?? "";
}
