export default {
  title: '用紙の確認',
};
