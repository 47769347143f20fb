/* One line an area; every area has lang/ja/AREA.js and lang/en/AREA.js with the same keys. */
export const areas = [
  'common',
  'account',
  'activity',
  'reports',
  'exports',
  'sheet',
  'desk',
  'todo',
  'cases',
  'notice',
  'directory',
  'forms',
  'dashboard',
  'users',
  'audit',
  'system',
];
