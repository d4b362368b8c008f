import { HOUR_US, MINUTE_US } from './civil.ts';

/**
 * The abbreviations of time zones that PostgreSQL knows by default (its timezonesets/Default). They take precedence
 * over names of zones, so `CET` is +01:00 in July as well. Offsets are east of UTC.
 */
const FIXED = `
-10:00 hst taht
-09:30 mart
-09:00 akst gamt
-08:00 akdt pst
-07:00 mst pdt
-06:00 cst galt mdt
-05:00 act cdt cot est pet
-04:00 amt ast bot edt
-03:30 nft nst
-03:00 adt bra brt clst gft pmst pyst uyt wgt
-02:30 ndt
-02:00 brst fnt pmdt uyst wgst
-01:00 azot egt fnst
+00:00 azost egst gmt uct ut utc wet z zulu
+01:00 bst cet met mez wat wetdst
+02:00 bdst cest cetdst eet ist mest mesz metdst sast
+03:00 eat eest eetdst fet idt
+03:30 irt
+04:00 msd mut ret sct
+04:30 aft
+05:00 must mvt pkt tft tjt uzt
+05:45 npt
+06:00 almt bdt btt kgst pkst uzst xjt yekst
+06:30 mmt
+07:00 almst cxt ict wast
+08:00 awst bnt bort cct hkt myt pht wadt
+08:45 acwst
+09:00 awsst jayt jst kst pwt ulast wdt
+09:30 acst cast
+10:00 aest chut ddut kdt ligt mpt pgt trut yapt
+10:30 acdt acsst cadt lhst sadt
+11:00 aedt aesst pont vut
+12:00 fjt gilt mht nzst nzt tvt wakt wft
+12:45 chast
+13:00 fjst nzdt tot
+13:45 chadt
`;

/** Abbreviations whose offset is that of a zone at the instant in question. */
const OF_ZONE = `
America/Argentina/Buenos_Aires arst art
America/Asuncion pyt
America/Caracas vet
America/Guyana gyt
America/Santiago clt
Antarctica/Davis davt
Antarctica/Mawson mawt
Asia/Anadyr anast anat
Asia/Ashgabat tmt
Asia/Baku azst azt
Asia/Bishkek kgt
Asia/Colombo lkt
Asia/Irkutsk irkst irkt
Asia/Kamchatka petst pett
Asia/Krasnoyarsk krast krat
Asia/Magadan magst magt
Asia/Novosibirsk novst novt
Asia/Omsk omsst omst
Asia/Singapore sgt
Asia/Tbilisi gest get
Asia/Ulaanbaatar ulat
Asia/Vladivostok vlast vlat
Asia/Yakutsk yakst yakt
Asia/Yekaterinburg yekt
Asia/Yerevan amst
Atlantic/Stanley fkst fkt
Australia/Lord_Howe lhdt
Europe/Moscow msk
Europe/Volgograd volt
Indian/Chagos iot
Pacific/Easter easst east
Pacific/Fakaofo tkt
Pacific/Kiritimati lint
Pacific/Kosrae kost
Pacific/Niue nut
Pacific/Rarotonga ckt
`;

const OFFSETS_US = new Map<string, number>();
const ZONES = new Map<string, string>();

for (const line of FIXED.trim().split('\n')) {
  const [offset, ...names] = line.split(' ') as [string, ...string[]];
  const size_us = Number(offset.slice(1, 3)) * HOUR_US + Number(offset.slice(4)) * MINUTE_US;
  for (const name of names) OFFSETS_US.set(name, offset.startsWith('-') ? -size_us : size_us);
}
for (const line of OF_ZONE.trim().split('\n')) {
  const [zone, ...names] = line.split(' ') as [string, ...string[]];
  for (const name of names) ZONES.set(name, zone);
}

/**
 * Returns the meaning of an abbreviation in upper or lower case: microseconds east of UTC, or the name of an IANA zone;
 * undefined if it is unknown.
 */
export function zoneAbbreviation(name: string): number | string | undefined {
  const word = name.toLowerCase();
  return OFFSETS_US.get(word) ?? ZONES.get(word);
}
