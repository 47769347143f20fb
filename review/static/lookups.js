/* lookups - names that every list needs and that do not change while the desk is open: forms, wards, offices */
import { api } from './api.js';

let loading = null;

async function load() {
  const [forms, offices] = await Promise.all([api.get('/forms'), api.get('/offices')]);
  const titles = new Map(forms.items.map((form) => [form.form, form.title]));
  const wards = new Map(offices.wards.map((ward) => [ward.code, ward.name]));
  const names = new Map(offices.items.map((office) => [office.id, office.name]));
  return {
    forms: forms.items,
    offices: offices.items,
    others: offices.items.filter((office) => !office.own),
    formTitle: (id) => titles.get(id) ?? id,
    wardName: (code) => wards.get(code) ?? code,
    officeName: (id) => names.get(id) ?? id,
    officeOfWard: (code) => offices.items.find((office) => office.ward === code && !office.own) ?? null,
  };
}

export function lookups() {
  loading ??= load().catch((error) => { loading = null; throw error; });
  return loading;
}
