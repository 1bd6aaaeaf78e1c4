// The key light: whence it shines, upwards and not quite of length 1. Figures, avatars and shadows agree on it.
export const KEY_LIGHT = [-0.42, 0.78, 0.46];
