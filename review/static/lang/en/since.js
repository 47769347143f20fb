export default {
  title: 'Since last time',
  note: 'What came and came up since {when}. What is urgent stands first.',
  from: 'Since', print: 'Print (hand-over list)', empty: 'Nothing new',
  at: 'When', text: 'What', patient: 'Patient', done: 'Done', settled: 'done', open: 'open', count: '{n}',
  'what.facility': 'Urgent: a facility is planned', 'what.failed': 'Did not arrive', 'what.held': 'Cannot be opened', 'what.overdue': 'Inquiries without an answer', 'what.unmatched': 'Sheets without a case',
  'what.outcome': 'Outcomes and answers', 'what.referral': 'New referrals', 'what.sheet': 'Other sheets', 'what.todo': 'To-dos',
};
