/* One line an area; every area has lang/ja/AREA.js and lang/en/AREA.js with the same keys. */
export const areas = [
  'common',
  'account',
  'sheet',
  'users',
  'audit',
  'system',
];
