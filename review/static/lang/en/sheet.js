export default {
  title: 'Review a sheet', values: 'What was read',
  received: 'Received {when}', ofCase: 'Case {number}', noCase: 'No case yet',
  'state.waiting': '{count} to look at', 'state.ready': 'Nothing to look at', 'state.confirmed': 'Confirmed by {by} ({when})',
  more: 'More', history: 'History of changes', otherCase: 'Move to another case', caseNumber: 'Case number', print: 'Print', showBlank: 'Show blank fields', hideBlank: 'Hide blank fields',
  blankRows: '{count} blank {count:field|fields} (show)', blank: 'blank', blankOk: 'Blank is right', image: 'kept as a picture', somebody: 'Somebody else',
  closed: 'This sheet was put away. It can be read only.',
  claimed: '{by} has been working on this since {since}.', takeOver: 'Take over', lost: '{by} took this sheet over. What you type is not saved.',
  formChanged: 'The description of this form changed since the sheet was read. “Read again” shows what is different.',
  readerChanged: 'The reader was replaced since this sheet was read. “Read again” shows what it reads differently; nothing changes before you take it.',
  readOnly: 'You can only read this now.', unsaved: 'A value that you typed is not saved yet.',
  edit: 'Correct', type: 'Type', take: 'Take this', noMark: 'No mark is right', asShown: 'Right as it is', readAs: ' read as: {read}',
  'by.set': 'typed by {by}', 'by.confirmed': 'confirmed by {by}', 'by.case': 'as confirmed in the case', took: '{label}: {value}', confirmed: '{title} confirmed', linked: 'Belongs to case {number} now',
  on: 'on', off: 'off',
  digitsOnly: 'Digits only, please', noWard: 'Choose the name of a ward (such as 東成区)',
  'date.example': 'S6.5.2 / 昭和6年5月2日 / 1931-05-02', 'date.none': 'There is no such date. Type it as S6.5.2, 昭和6年5月2日 or 1931-05-02.', 'date.noEra': 'This sheet has no box for that era.',

  'party.clinic': 'by the clinic', 'party.hospital': 'by the hospital', 'party.office': 'by the office', 'party.care_manager': 'by the care manager',

  'reason.low_confidence': 'Not sure enough', 'reason.unreadable': 'Cannot be read', 'reason.not_digits': 'Not readable as digits', 'reason.registration': 'The sheet is distorted here; the place is not certain',
  'reason.not_read': 'Was not read', 'reason.page_incomplete': 'The page breaks off', 'reason.two_marks': 'More than one mark', 'reason.none_chosen': 'No mark',
  'reason.unexpected': 'Should not be filled in', 'reason.missing': 'Should be filled in', 'reason.kana_mismatch': 'Name and furigana do not agree', 'reason.date_incomplete': 'A part of the date is missing',
  'reason.era': 'Does not fit the printed era', 'reason.date_window': 'Does not fit the day of reception', 'reason.date_invalid': 'No such date', 'reason.age_mismatch': 'Age and birth date do not agree', 'reason.date_order': 'The dates are in the wrong order',
  'reason.ambiguous_mark': 'May or may not be a mark', 'reason.faint_mark': 'A faint mark', 'reason.struck_out': 'Something was struck out', 'reason.unsure': 'Does not follow from the other fields', 'reason.no_such_date': 'No such date: correct it, or press Enter for “date unknown”',
  'reason.handed_over': 'Handed over by another office', 'reason.differs_from_case': 'Reads differently from what is confirmed in the case', 'reason.case_changed': 'The sheet came from another case: look again',

  'check.age': 'The age says {written}, the birth date makes it {right}', 'check.order': 'The move lies before the referral', 'check.future': 'Lies after the day of reception', 'check.condition': 'Filled in though “{option}” is not chosen at “{field}”',

  'conflict.title': '{by} changed this first', 'conflict.mine': 'You', 'conflict.theirs': 'Keep theirs', 'conflict.take': 'Take mine',

  noHistory: 'No changes yet', 'hist.when': 'When', 'hist.field': 'Field', 'hist.before': 'Before', 'hist.after': 'After', 'hist.by': 'Who', 'hist.why': 'Why', 'why.undo': 'undone', 'why.read again': 'read again',

  'view.label': 'The original as received, page {page}', 'view.none': 'No picture is kept', 'view.in': 'Larger', 'view.out': 'Smaller', 'view.width': 'Width', 'view.widthLong': 'Fit the width', 'view.turn': 'Turn right by 90 degrees', 'view.pan': 'Move the picture',

  'again.title': 'Read again', 'again.any': 'Find the form', 'again.what': 'For a sheet taken for the wrong form or edition, or after a form or the reader changed. Nothing changes before you have seen the result.', 'again.as': 'Read as', 'again.ask': 'Read', 'again.waiting': 'Being read again. It will be said here when it is done.',
  'again.ready': 'The page was read again.', 'again.look': 'See what differs', 'again.failed': 'It could not be read again.', 'again.result': 'The new reading', 'again.compare': '{count} {count:value differs|values differ} from the old reading. What a person confirmed stands.', 'again.otherForm': 'It reads as another form ({count} differences). Taking it changes what the sheet is.', 'again.same': 'Nothing differs.',
  'again.differences': 'What differs', 'again.field': 'Field', 'again.before': 'Old reading', 'again.now': 'New reading', 'again.after': 'Value after taking it', 'again.kept': "(a person's)", 'again.later': 'Later', 'again.drop': 'Do not use it', 'again.take': 'Take it', 'again.taken': 'The new reading is taken',

  'key.accept': 'Right as it is, next', 'key.choose': 'Take an alternative or mark', 'key.edit': 'Type', 'key.move': 'Field before and after', 'key.back': 'Back', 'key.send': 'Confirm and send', 'key.consent': 'Record consent', 'key.fields': 'Back to the fields', 'key.case': 'Choose the case',

  'sum.findings': 'Something does not agree. Is it so on the paper?',
  'sum.title': 'What you confirm', 'sum.patient': 'Patient', 'sum.case': 'Case', 'sum.which': 'Which case is this?', 'sum.consent': 'Consent', 'sum.told': 'Notices ({count} to send)', 'sum.pages': 'Document', 'sum.pageCount': '{n} {n:page|pages}',
  'sum.first': 'The first sheet of this case.', 'sum.noTwin': 'No other sheet of this form yet.', 'sum.caseNote': 'opened {day}, {sheets} {sheets:sheet|sheets}', 'sum.differs': 'Differs from the case', 'sum.differsLine': '{label}: this sheet {here} / case {there}', 'sum.agrees': 'Agrees: ',
  'sum.consentThere': 'recorded by {by} on {day}', 'sum.noConsent': 'No consent is recorded.', 'sum.withdrawn': 'Consent was withdrawn.', 'sum.onSheet': 'The statement on the sheet is ticked.', 'sum.notOnSheet': 'The statement on the sheet is not ticked.',
  'sum.recordSheet': 'Record the consent on the sheet', 'sum.recordOther': 'Record another consent', 'sum.record': 'Record', 'sum.recorded': 'Consent is recorded', 'sum.consentMeans': 'Consent to tell medical institutions.', 'sum.giver': 'Given by', 'sum.how': 'How it was ascertained', 'sum.note': 'Note',
  'giver.patient': 'the patient', 'giver.family': 'the family', 'giver.guardian': 'the guardian', 'how.oral': 'orally', 'how.paper': 'on paper', 'how.sheet': 'on the sheet',
  'sum.nobody': '(nobody)', 'sum.due': 'goes out {when}', 'sum.text': 'Text', 'sum.noneTold': 'Nobody is told.', 'sum.quiet': '{count} not sent this time', 'sum.confirm': 'Confirm', 'sum.confirmSend': 'Confirm and send {count}', 'sum.back': 'Back to the fields',
  'sum.needCase': 'Choose the case first.', 'sum.heldBack': 'Something is held back for want of consent.',
  'act.send': 'Send', 'act.to-do': 'To do', 'act.refuse': 'Held back', 'act.wait': 'Waits', 'act.nothing': 'Not needed',
  'notice.queued': 'On its way', 'notice.sending': 'Being sent', 'notice.sent': 'Sent', 'notice.delivered': 'Delivered', 'notice.failed': 'Failed', 'notice.unknown': 'Perhaps arrived', 'notice.cancelled': 'Cancelled', 'notice.refused': 'Held back',
  'channel.email': 'mail', 'channel.fax': 'fax', 'channel.phone': 'phone', 'channel.other': 'other',

  'which.none': 'No case fits.', 'which.sheet': 'This sheet', 'which.new': 'Open a new case', 'which.other': 'By number…',
  'like.agrees': 'agrees', 'like.differs': 'differs', 'like.unknown': 'not known',
  'fact.name': 'Name', 'fact.kana': 'Furigana', 'fact.birth': 'Birth date', 'fact.sex': 'Sex', 'fact.address': 'Address', 'fact.referral_date': 'Referral date', 'fact.hospital': 'Referred to', 'fact.clinic': 'Referred by',
};
