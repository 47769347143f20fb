export default {
  title: 'システムの状態', again: '更新', allWell: 'すべて正常に動いています。',
  notServed: '本体(tasuki serve)が動いていません。文書の受付も通知も止まっています。', diskFull: 'ディスクの空きが足りないため、新しい文書を受け付けていません。', diskLow: 'ディスクの空きが少なくなっています。',
  corrupt: '壊れた文書が {count} 件あります。', processDown: '動いていない処理があります。', noticesLate: '{since}前から出せない通知があります。',
  processes: '処理', process: '処理', ends: '異常終了', running: '動作中', notRunning: '{all} のうち {running} が動作中',
  'role.recogniser': '読み取り', 'role.intake': '受付', 'role.reader': '記録', 'role.sender': '送信', 'role.web': '画面', 'role.imap': 'メール受信', 'role.keeper': '保管の点検',
  queues: '受付の列', queue: '列', count: '件数', oldest: '最も古いもの', 'queueState.incoming': '読み取り待ち', 'queueState.reading': '読み取り中', 'queueState.held': '保留(人が見る)', 'queueState.corrupt': '壊れている',
  sources: '文書の入り口', source: '入り口', kind: '種類', looked: '最後に見た時刻', neverLooked: 'まだ一度も見ていません', late: '{since}前から見ていません', works: '正常',
  'sourceKind.folder': 'フォルダー', 'sourceKind.fax': 'Fax', 'sourceKind.imap': 'メール',
  machine: '機械と記録', disk: 'ディスク', diskFree: '空き {free} / {size}', store: '記録の大きさ', noticesQueued: '送信待ちの通知', noticesFailed: '届かなかった通知(7日)', noticesUnknown: '届いたか不明(7日)', sheetsWaiting: '確認待ちのシート', todosOpen: '未完了のすること', version: '版', now: 'サーバーの時刻',
};
