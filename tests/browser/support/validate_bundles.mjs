/* validate_bundles FOLDER - every *.json in it as a FHIR R4 Bundle: schema, definitions, references. Says what is wrong, ends with 1 then. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFaults } from './fhir.mjs';

const folder = process.argv[2];
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
let wrong = 0;
for (const name of names) {
  const faults = bundleFaults(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  if (faults.length > 0) {
    wrong += 1;
    console.error(`${name}: ${faults.slice(0, 3).join('; ')}`);
  }
}
console.log(`${names.length} Bundles, ${names.length - wrong} of them valid by schema and definitions of R4`);
process.exit(wrong === 0 && names.length > 0 ? 0 : 1);
