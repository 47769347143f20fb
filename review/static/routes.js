/*
 * routes - every page of the desk: one line a page
 *
 * path    as in the address bar; ":name" is handed to render() in params
 * page    file in pages/, loaded when it is first shown; it exports title (a key of i18n, or a function of params) and
 *         render(root, params, signal), which may be async; signal aborts when the page is left
 * nav     key of the word in the navigation, in this order; group: in the menu behind it, not on the bar
 * roles   who sees the link (the server decides who may ask)
 * count   name of the number beside the word, from GET /counts and the event of the same name
 * bare    without navigation (sign-in)
 */
const OFFICE = ['coordinator', 'manager'];

export const routes = [
  { path: '/sign-in', page: 'sign-in', bare: true },
  { path: '/account', page: 'account' },
  { path: '/', page: 'queue', nav: 'common.nav.queue', roles: OFFICE, count: 'queue' },
  { path: '/sheets/:id', page: 'sheet', roles: OFFICE, under: '/' },
  { path: '/users', page: 'users', nav: 'users.title', group: true, roles: ['manager', 'administrator'] },
  { path: '/audit', page: 'audit', nav: 'audit.title', group: true, roles: ['manager', 'auditor'] },
  { path: '/system', page: 'system', nav: 'system.title', group: true, roles: ['manager', 'administrator', 'auditor'] },
];
