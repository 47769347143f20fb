export default {
  brand: 'Tasuki',
  skip: 'Go to the content',
  yes: 'Yes', ok: 'OK', cancel: 'Cancel', close: 'Close', save: 'Save', undo: 'Undo', undone: 'Undone',
  none: '(none)', nothing: 'Nothing here', needed: 'Please fill this in', loading: 'Loading…',
  minutes: '{n} min', hours: '{n} h', days: '{n} {n:day|days}',
  suggestions: 'Suggestions', suggestionCount: '{n} {n:suggestion|suggestions}',
  page: '{from}–{to} of {total}', pageOpen: '{from}–{to}', pages: 'Pages', previous: 'Previous', next: 'Next',

  'nav.label': 'Main pages', 'nav.more': 'More', 'nav.waiting': '{count} waiting',
  'nav.queue': 'Inbox', 'nav.account': 'My account', 'nav.signOut': 'Sign out',

  'keys.title': 'Keys', 'keys.short': 'Keys', 'keys.help': 'This list of keys', 'keys.everywhere': 'Everywhere', 'keys.space': 'Space',
  'keys.go': 'then Q: to the inbox',
  'keys.ime': 'Keys of a running conversion are never taken as commands. The Enter that ends a conversion confirms and sends nothing.',
  'keys.single': 'Use single characters (digits and letters) as commands',
  'key.down': 'Next row', 'key.up': 'Previous row', 'key.open': 'Open',

  'leave.title': 'Something is not saved', 'leave.yes': 'Leave without saving',
  'missing.title': 'Not found', 'missing.text': 'There is no such page or record. Records of other offices are not shown.', 'missing.back': 'Back to the inbox',
  'fault.title': 'This could not be shown', 'fault.again': 'Load again',

  'lock.titleLocked': 'The screen is locked', 'lock.titleEnded': 'Please sign in again',
  'lock.kept': 'What you typed is still there.', 'lock.who': 'Signed in as {user}', 'lock.user': 'User name', 'lock.password': 'Password',
  'lock.code': 'Code (6 digits)', 'lock.unlock': 'Unlock', 'lock.signIn': 'Sign in', 'lock.leave': 'To the sign-in page (what you typed is lost)', 'lock.back': 'Back where you were',

  'problem.offline': 'The server cannot be reached. Check the network and try again.',
  'problem.offline_change': 'The server did not answer. Nobody knows whether the change arrived: load the page again and look.',
  'problem.status401': 'Please sign in.', 'problem.status403': 'You may not do this.',
  'problem.status404': 'There is none.', 'problem.status409': 'Somebody else changed it first. Load it again.',
  'problem.status413': 'The file is too large.', 'problem.status429': 'Too many attempts. Wait a while and try again.',
  'problem.status503': 'The server is busy. Wait a moment and try again.',
  'problem.other': 'That did not work (number {status}).',
};
