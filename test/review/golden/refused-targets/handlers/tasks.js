export const one = () => ({})
export const two = () => ({})
