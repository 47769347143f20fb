export default {
  title: '前回からの動き',
  note: '{when} からあとに届いたもの、起きたことです。急ぐものが先頭です。',
  from: 'いつから', print: '印刷(引き継ぎの一覧)', empty: '新しく届いたもの、起きたことはありません',
  at: '日時', text: '内容', patient: '患者', done: '済', settled: '済み', open: '未了', count: '{n}件',
  'what.facility': '至急: 施設入所の予定', 'what.failed': '届かなかった連絡', 'what.held': '開けない文書', 'what.overdue': '回答のない照会', 'what.unmatched': '案件の決まらない用紙',
  'what.outcome': '病院からの転帰・回答', 'what.referral': '新しい紹介', 'what.sheet': 'その他の用紙', 'what.todo': 'やること',
};
