// `npm run build`: makes every published package's dist, dependencies first. Development never needs it: sources run as
// they are under the condition `evenkeel-source`.
import { buildPackage } from "./build/build-package.ts";
import { publishablePackages } from "./build/publishable.ts";
import { repositoryRoot } from "./test/run-file.ts";

for (const { name, folder } of publishablePackages(repositoryRoot)) {
  buildPackage(repositoryRoot, folder);
  console.log(`built ${name}`);
}
