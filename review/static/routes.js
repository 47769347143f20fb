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
  { path: '/sheets/:id/case', page: 'sheet-case', roles: OFFICE, under: '/' },
  { path: '/received', page: 'received', roles: OFFICE, under: '/' },
  { path: '/documents/:id', page: 'document', roles: OFFICE, under: '/' },
  { path: '/todos', page: 'todos', nav: 'todo.title', roles: OFFICE, count: 'todos' },
  { path: '/todos/:id', page: 'todo', roles: OFFICE, under: '/todos' },
  { path: '/waiting', page: 'waiting', nav: 'waiting.title', roles: OFFICE },
  { path: '/cases', page: 'cases', nav: 'cases.title', roles: OFFICE },
  { path: '/cases/new', page: 'case-new', roles: OFFICE, under: '/cases' },
  { path: '/cases/:number', page: 'case', under: '/cases' },
  { path: '/cases/:number/ledger', page: 'ledger', roles: OFFICE, under: '/cases' },
  { path: '/cases/:number/difficult', page: 'difficult', roles: OFFICE, under: '/cases' },
  { path: '/cases/:number/released', page: 'released', under: '/cases' },
  { path: '/notices', page: 'notices', nav: 'notice.title', roles: OFFICE, count: 'notices' },
  { path: '/notices/:id', page: 'notice', roles: OFFICE, under: '/notices' },
  { path: '/notices/:id/letter', page: 'letter', roles: OFFICE, under: '/notices' },
  { path: '/log', page: 'log', nav: 'activity.title', roles: OFFICE },
  { path: '/reports', page: 'reports', nav: 'reports.title', group: true, roles: OFFICE },
  { path: '/reports/:id', page: 'report', roles: OFFICE, under: '/reports' },
  { path: '/exports', page: 'exports', nav: 'exports.title', group: true, roles: OFFICE },
  { path: '/overview', page: 'overview', nav: 'reports.overview', group: true, roles: ['manager', 'health_bureau'] },
  { path: '/incidents', page: 'incidents', nav: 'incident.title', group: true, roles: OFFICE },
  { path: '/incidents/:id', page: 'incident', roles: OFFICE, under: '/incidents' },
  { path: '/retention', page: 'retention', nav: 'retention.title', group: true, roles: OFFICE },
  { path: '/retention/:id', page: 'disposal', roles: OFFICE, under: '/retention' },
  { path: '/directory', page: 'directory', nav: 'directory.title', roles: OFFICE },
  { path: '/directory/:id', page: 'entry', roles: OFFICE, under: '/directory' },
  { path: '/dashboard', page: 'dashboard', nav: 'dashboard.title', roles: [...OFFICE, 'health_bureau'] },
  { path: '/since', page: 'since', nav: 'since.title', group: true, roles: OFFICE },
  { path: '/forms', page: 'forms', nav: 'forms.title', group: true, roles: [...OFFICE, 'administrator'] },
  { path: '/forms/:form/:edition', page: 'form', roles: [...OFFICE, 'administrator'], under: '/forms' },
  { path: '/users', page: 'users', nav: 'users.title', group: true, roles: ['manager', 'administrator'] },
  { path: '/audit', page: 'audit', nav: 'audit.title', group: true, roles: ['manager', 'auditor'] },
  { path: '/system', page: 'system', nav: 'system.title', group: true, roles: ['manager', 'administrator', 'auditor'] },
];
