export default {
  title: '用紙の確認', values: '読み取った内容',
  received: '{when} 受信', ofCase: '案件 {number}', noCase: '案件は未定',
  'state.waiting': '確認待ち {count}件', 'state.ready': '確認待ちなし', 'state.confirmed': '{by} が確認済み({when})',
  more: 'その他の操作', history: '変更の履歴', otherCase: '別の案件に移す', caseNumber: '案件番号', print: '印刷', showBlank: '空欄も表示', hideBlank: '空欄を隠す',
  blankRows: '空欄の項目が {count}件あります(表示する)', blank: '空欄', blankOk: '空欄でよい', image: '画像のまま保存', somebody: 'ほかの人',
  closed: 'この用紙は片付けられています。読むことだけができます。',
  claimed: '{by} さんが {since} から作業中です。', takeOver: '引き継ぐ', lost: '{by} さんがこの用紙を引き継ぎました。入力は保存されません。',
  formChanged: '読み取ったあとで、この様式の定義が変わりました。「もう一度読み取る」で違いを確かめられます。',
  readerChanged: '読み取ったあとで、読み取りの仕組みが新しくなりました。「もう一度読み取る」で違いを確かめられます。決めるまで何も変わりません。',
  readOnly: 'いまは読むことだけができます。', unsaved: '入力中の値がまだ保存されていません。',
  edit: '直す', type: '入力する', take: 'この値にする', noMark: '印なし でよい', asShown: 'このままでよい', readAs: ' 読み取り: {read}',
  'by.set': '{by} が入力', 'by.confirmed': '{by} が確認', 'by.case': '案件で確認済みの値', took: '{label}: {value}', confirmed: '{title}を確認しました', linked: '案件 {number} に結び付けました',
  on: 'オン', off: 'オフ',
  digitsOnly: '数字だけを入力してください', noWard: '区の名前を選んでください(例: 東成区)',
  'date.example': 'S6.5.2 / 昭和6年5月2日 / 1931-05-02', 'date.none': 'この日付はありません。S6.5.2、昭和6年5月2日、1931-05-02 のように入力してください。', 'date.noEra': 'この用紙にはその元号の欄がありません。',

  'party.clinic': '診療所が記入', 'party.hospital': '病院が記入', 'party.office': '相談支援室が記入', 'party.care_manager': 'ケアマネジャーが記入',

  'reason.low_confidence': '読み取りに自信がありません', 'reason.unreadable': '読み取れません', 'reason.not_digits': '数字として読めません', 'reason.registration': '用紙のずれが大きく、場所が確かではありません',
  'reason.not_read': '読み取っていません', 'reason.page_incomplete': 'ページが途中で切れています', 'reason.two_marks': '印が二つ以上あります', 'reason.none_chosen': '印がありません',
  'reason.unexpected': '記入されないはずの欄です', 'reason.missing': '記入があるはずの欄が空です', 'reason.kana_mismatch': '氏名とフリガナが合いません', 'reason.date_incomplete': '年月日の一部がありません',
  'reason.era': '印刷の元号と合いません', 'reason.date_window': '受信日と合わない日付です', 'reason.date_invalid': 'ない日付です', 'reason.age_mismatch': '年齢と生年月日が合いません', 'reason.date_order': '日付の順序が合いません',
  'reason.ambiguous_mark': '印かどうかはっきりしません', 'reason.faint_mark': '印が薄くてはっきりしません', 'reason.struck_out': '訂正(取り消し線)があります', 'reason.unsure': 'ほかの項目から決まりません', 'reason.no_such_date': 'この日付はありません。直すか、Enter で「日付不明」とします',
  'reason.handed_over': '別の室から引き渡されました', 'reason.differs_from_case': '案件で確認済みの値と違って読めます', 'reason.case_changed': '別の案件に移ったため、もう一度確かめてください',

  'check.age': '年齢は {written}歳とありますが、生年月日からは {right}歳です', 'check.order': '移動期日が紹介日より前です', 'check.future': '受信日よりあとの日付です', 'check.condition': '「{field}」で「{option}」が選ばれていないのに記入があります',

  'conflict.title': '{by} さんが先に変更しました', 'conflict.mine': 'あなたの入力', 'conflict.theirs': '相手の値を残す', 'conflict.take': '自分の値にする',

  noHistory: '変更はまだありません', 'hist.when': '日時', 'hist.field': '項目', 'hist.before': '前', 'hist.after': '後', 'hist.by': '人', 'hist.why': '理由', 'why.undo': '元に戻した', 'why.read again': '読み直し',

  'view.label': '受信した原本 {page}ページ', 'view.none': '画像は保存されていません', 'view.in': '拡大', 'view.out': '縮小', 'view.width': '幅', 'view.widthLong': '幅に合わせる', 'view.turn': '右に90度回す', 'view.pan': '画像を動かす',

  'again.title': 'もう一度読み取る', 'again.any': '自動で判別', 'again.what': '用紙の種類や版が違うとき、様式や読み取りの仕組みが変わったときに使います。結果を見て決めるまで、何も変わりません。', 'again.as': '読み取る様式', 'again.ask': '読み取る', 'again.waiting': '読み直しています。終わるとここに知らせます。',
  'again.ready': '読み直しが終わりました。', 'again.look': '違いを見る', 'again.failed': '読み直せませんでした。', 'again.result': '読み直した結果', 'again.compare': '前の読み取りと {count}件違います。人が確認した値はそのまま残ります。', 'again.otherForm': '別の様式として読み取れました({count}件の違い)。取り入れると用紙の種類が変わります。', 'again.same': '違いはありません。',
  'again.differences': '読み取りの違い', 'again.field': '項目', 'again.before': '前の読み取り', 'again.now': '新しい読み取り', 'again.after': '取り入れたあとの値', 'again.kept': '(人の値)', 'again.later': 'あとで決める', 'again.drop': '使わない', 'again.take': '取り入れる', 'again.taken': '新しい読み取りを取り入れました',

  'key.accept': 'このままでよい・次へ', 'key.choose': '候補・印を選ぶ', 'key.edit': '入力する', 'key.move': '前後の項目', 'key.back': '戻る', 'key.send': '確認して送る', 'key.consent': '同意を記録', 'key.fields': '項目に戻る', 'key.case': '案件を選ぶ',

  'sum.findings': '合わないところがあります。用紙のとおりか確かめてください。',
  'sum.title': '確認の内容', 'sum.patient': '患者', 'sum.case': '案件', 'sum.which': 'どの案件ですか', 'sum.consent': '個人情報の同意', 'sum.told': 'お知らせ(送る {count}件)', 'sum.pages': '受信文書', 'sum.pageCount': '{n}ページ',
  'sum.first': 'この案件の最初の用紙です。', 'sum.noTwin': '同じ様式の用紙はまだありません。', 'sum.caseNote': '{day} 受付・用紙 {sheets}枚', 'sum.differs': '案件と違うところがあります', 'sum.differsLine': '{label}: この用紙 {here} / 案件 {there}', 'sum.agrees': '一致: ',
  'sum.consentThere': '{by} が {day} に記録', 'sum.noConsent': '同意が記録されていません。', 'sum.withdrawn': '同意は撤回されています。', 'sum.onSheet': '用紙の同意欄には印があります。', 'sum.notOnSheet': '用紙の同意欄に印はありません。',
  'sum.recordSheet': '用紙の同意を記録する', 'sum.recordOther': '別の方法の同意を記録する', 'sum.record': '記録する', 'sum.recorded': '同意を記録しました', 'sum.consentMeans': '医療機関へのお知らせに必要な同意です。', 'sum.giver': '同意した人', 'sum.how': '確かめ方', 'sum.note': '覚え書き',
  'giver.patient': '本人', 'giver.family': '家族', 'giver.guardian': '後見人', 'how.oral': '口頭', 'how.paper': '書面', 'how.sheet': '用紙の同意欄',
  'sum.nobody': '(宛先なし)', 'sum.due': '{when} に送信', 'sum.text': '文面', 'sum.noneTold': 'お知らせはありません。', 'sum.quiet': '今回は送らないもの {count}件', 'sum.confirm': '確認する', 'sum.confirmSend': '確認して {count}件送る', 'sum.back': '項目に戻る',
  'sum.needCase': '先に案件を選んでください。', 'sum.heldBack': '同意がないため、送らずに待たせるものがあります。',
  'act.send': '送る', 'act.to-do': 'やること', 'act.refuse': '送らない', 'act.wait': '待つ', 'act.nothing': '不要',
  'notice.queued': '送信待ち', 'notice.sending': '送信中', 'notice.sent': '送信済み', 'notice.delivered': '届きました', 'notice.failed': '失敗', 'notice.unknown': '届いたか不明', 'notice.cancelled': '取り消し', 'notice.refused': '送らない',
  'channel.email': 'メール', 'channel.fax': 'FAX', 'channel.phone': '電話', 'channel.other': 'その他',

  'which.none': '合いそうな案件はありません。', 'which.sheet': 'この用紙', 'which.new': '新しい案件にする', 'which.other': '番号で選ぶ…',
  'like.agrees': '一致', 'like.differs': '違う', 'like.unknown': '不明',
  'fact.name': '氏名', 'fact.kana': 'フリガナ', 'fact.birth': '生年月日', 'fact.sex': '性別', 'fact.address': '住所', 'fact.referral_date': '紹介日', 'fact.hospital': '紹介先', 'fact.clinic': '紹介元',
};
