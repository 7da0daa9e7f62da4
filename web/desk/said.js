// The desk's own sentences, in the language of this visit (page/said.js).

import { language, speak } from "../page/said.js";

export const words = await (language === "en" ? import("./sentences.en.js") : import("./sentences.id.js"));
export const { channels, desk, kinds, marks, statuses, told, turns } = words;
export const speakHere = () => speak(words.page);
