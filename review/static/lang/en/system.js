export default {
  title: 'State of the system', again: 'Refresh', allWell: 'Everything works.',
  notServed: 'The gateway (tasuki serve) does not run: nothing is taken in and nobody is told.', diskFull: 'The disk is full: no document is accepted.', diskLow: 'The disk is getting full.',
  corrupt: '{count} damaged {count:document|documents}.', processDown: 'A process does not run.', noticesLate: 'A notice has been waiting for {since}.',
  processes: 'Processes', process: 'Process', ends: 'Ended by itself', running: 'Runs', notRunning: '{running} of {all} run',
  'role.recogniser': 'Recogniser', 'role.intake': 'Intake', 'role.reader': 'Reader', 'role.sender': 'Sender', 'role.web': 'Desk', 'role.imap': 'Mailbox', 'role.keeper': 'Keeper',
  queues: 'Queues', queue: 'Queue', count: 'Documents', oldest: 'Oldest', 'queueState.incoming': 'Waiting to be read', 'queueState.reading': 'Being read', 'queueState.held': 'Held for a person', 'queueState.corrupt': 'Damaged',
  sources: 'Sources', source: 'Source', kind: 'Kind', looked: 'Last looked at', neverLooked: 'Never looked at', late: 'Not looked at for {since}', works: 'Works',
  'sourceKind.folder': 'Folder', 'sourceKind.fax': 'Fax', 'sourceKind.imap': 'Mailbox',
  machine: 'Machine and records', disk: 'Disk', diskFree: '{free} free of {size}', store: 'Size of the records', noticesQueued: 'Notices waiting', noticesFailed: 'Not delivered (7 days)', noticesUnknown: 'Unknown (7 days)', sheetsWaiting: 'Sheets waiting', todosOpen: 'Open to-dos', version: 'Version', now: 'Time of the server',
};
