/* fhir - what is wrong with a Bundle: by the JSON schema of R4, by the definitions of its resources, and where references lead */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const JSONSchemaValidator = require('@asymmetrik/fhir-json-schema-validator');
const { Fhir } = require('fhir');
const schema = new JSONSchemaValidator();
const definitions = new Fhir();

function references(value, found = []) {
  if (Array.isArray(value)) value.forEach((one) => references(one, found));
  else if (value && typeof value === 'object')
    for (const [name, member] of Object.entries(value)) {
      if (name === 'reference' && typeof member === 'string') found.push(member);
      else references(member, found);
    }
  return found;
}

export function bundleFaults(bundle) {
  const faults = schema.validate(bundle).map((one) => `schema: ${JSON.stringify(one)}`);
  for (const { resource } of bundle.entry) for (const one of schema.validate(resource)) faults.push(`${resource.resourceType}: ${JSON.stringify(one)}`);
  for (const one of definitions.validate(bundle, { errorOnUnexpected: true }).messages)
    if (one.severity === 'error' || one.severity === 'fatal') faults.push(`definitions: ${one.location} ${one.message}`);
  const urls = new Set(bundle.entry.map((one) => one.fullUrl));
  if (urls.size !== bundle.entry.length) faults.push('a fullUrl stands twice');
  for (const one of references(bundle)) if (!urls.has(one)) faults.push(`${one} is not in the Bundle`);
  return faults;
}
