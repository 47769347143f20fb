export default {
  title: 'Review a sheet',
};
