export const policy = undefinedName
