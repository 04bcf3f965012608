export const makeReport = () => ({})
