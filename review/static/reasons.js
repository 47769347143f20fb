/* reasons - why a page is no sheet or a document was held: the reader says it in English, the desk in the person's language */
import { has, language, t } from './i18n.js';

const known = [
  [/no form of ours/, 'noForm'], [/page is blank/, 'blankPage'], [/damaged or was cut off/, 'damaged'], [/password|encrypted/, 'locked'],
  [/too large|larger than|too many pages/, 'tooLarge'], [/kind of file|not a (TIFF|PDF|PNG|JPEG)|unknown kind|no image/i, 'kind'], [/twice|died|crashed|killed/, 'died'],
  [/part of|incomplete|cut|half/, 'partly'],
];

export function reasonText(reason) {
  if (!reason || language() !== 'ja') return reason;
  const found = known.find(([pattern]) => pattern.test(reason));
  return found && has(`desk.why.${found[1]}`) ? t(`desk.why.${found[1]}`) : reason;
}
