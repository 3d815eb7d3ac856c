/** Words that the tokenizer keeps together with their full stop. A letter means both cases, except in brackets. */

const choice = (words: string): string => `(${words.trim().split(/\s+/).join("|")})`;

const calendar = "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri";
const places =
  "ala ariz [A]z [A]rk calif colo conn ct dak [D]el fla ga [I]ll ind kans? ky [L]a [M]ass md mich minn [M]iss mo mont neb nev okla [O]re [P]a penn tenn [T]ex vt va [W]ash wisc? wyo";
const companies = "al assn bros co corp cos inc intl ltd plc [pP]?[pP][tT][ey][sS]? univ";
const streets = "bldg blvd rd rt sq";
const others = "bhd cont'd ed\\.d esq est etc ext jr ph\\.d seq sr sys tel";

/** May end a sentence. */
export const closing = choice([calendar, places, companies, streets, others].join(" "));

const persons =
  "adm alex asst attys? brig capt cmdr col comdr cpl dr drs ens gen govs? hon insp jos lieut lt maj messrs mlle mme mr mrs ms msgr pfc ph pres profs? pvt reps? rev sens? sfc sgt spc supts? treas";
const words = "adj adv assoc ave cf cie dept det elec ft invt [mM][ft][gG] mt natl st ste vs wm";

/** Stand before something. */
export const leading = choice([persons, words].join(" "));

/** Are abbreviations before a number only. */
export const numbered = choice("art ca figs? nos? op pp prop");

/** After an initial these begin a sentence, so that the full stop before them is no part of the initial. */
export const openers = choice(
  `about according additionally after an? as at but earlier he her here however if in it last many more mr\\. ms\\. now once one other our she since so some such that the their then there these they
  this we what when while yet you`.replace(/\b[a-z]/g, (letter) => `[${letter.toUpperCase()}]`),
);

/** Endings of file names. */
export const fileEndings = choice(
  "bat bmp c class cgi cpp dll docx? exe gif gz h html? jar java jpe?g mov mp3 pdf php pl png ppt ps py sql tar txt wav x xml zip",
);
