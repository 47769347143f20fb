export default {
  brand: '襷',
  skip: '本文へ移る',
  yes: 'はい', ok: '決定', cancel: 'やめる', close: '閉じる', save: '保存', undo: '元に戻す', undone: '元に戻しました',
  none: '(なし)', nothing: '該当するものはありません', needed: '入力してください', loading: '読み込んでいます…',
  minutes: '{n}分', hours: '{n}時間', days: '{n}日',
  suggestions: '候補', suggestionCount: '候補 {n}件',
  page: '{total}件中 {from}〜{to}', pageOpen: '{from}〜{to}件目', pages: 'ページ送り', previous: '前へ', next: '次へ',

  'nav.label': '主な画面', 'nav.more': 'その他', 'nav.waiting': '{count}件が待っています',
  'nav.queue': '受信箱', 'nav.account': '自分のアカウント', 'nav.signOut': 'サインアウト',

  'keys.title': 'キー操作', 'keys.short': 'キー', 'keys.help': 'キー操作の一覧', 'keys.everywhere': 'どの画面でも', 'keys.space': 'スペース',
  'keys.go': '続けて Q で受信箱へ',
  'keys.ime': '変換中のキーは操作として扱いません。変換を確定する Enter で内容が確定・送信されることはありません。',
  'keys.single': '1文字だけのキー(数字や英字)を操作に使う',
  'key.down': '次の行へ', 'key.up': '前の行へ', 'key.open': '開く',

  'leave.title': '入力中の内容があります', 'leave.yes': '保存せずに移る',
  'missing.title': '見つかりません', 'missing.text': 'この画面または記録はありません。ほかの相談支援室の記録は表示されません。', 'missing.back': '受信箱へ戻る',
  'fault.title': '表示できませんでした', 'fault.again': 'もう一度読み込む',

  'lock.titleLocked': '画面をロックしました', 'lock.titleEnded': 'もう一度サインインしてください',
  'lock.kept': '入力中の内容はこのまま残っています。', 'lock.who': '{user} さん', 'lock.user': '利用者名', 'lock.password': 'パスワード',
  'lock.code': '確認コード(6桁)', 'lock.unlock': 'ロックを解除', 'lock.signIn': 'サインイン', 'lock.leave': 'サインイン画面へ(入力は失われます)', 'lock.back': '元の画面に戻りました',

  'problem.offline': 'サーバーにつながりません。ネットワークを確かめて、もう一度お試しください。',
  'problem.offline_change': 'サーバーから返事がありません。変更が届いたかどうか分かりません。読み込み直して確かめてください。',
  'problem.status401': 'サインインが必要です。', 'problem.status403': 'この操作は許可されていません。',
  'problem.status404': 'ありません。', 'problem.status409': 'ほかの人が先に変更しました。読み込み直してください。',
  'problem.status413': 'ファイルが大きすぎます。', 'problem.status429': '回数が多すぎます。しばらく待ってからお試しください。',
  'problem.status503': '混み合っています。少し待ってからもう一度お試しください。',
  'problem.other': 'うまくいきませんでした(番号 {status})。',
};
