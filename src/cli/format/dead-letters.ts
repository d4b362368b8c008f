import type { LetterList, StoredLetter } from '../../runtime/dead-letter-list.ts';
import { grouped } from './count.ts';

/** Maximum characters shown of a payload. */
const MAX_SHOWN = 300;

/** The folder and filters of a listing. */
export interface LetterPlace {
  readonly folder: string;
  /** If given, only this source's dead letters are listed. */
  readonly source?: string | undefined;
  readonly sink?: string | undefined;
}

/** Formats dead letters as text, two lines each, followed by their number. */
export function deadLetterText({ letters, found, not_kept }: LetterList, place: LetterPlace): string {
  const { folder, source, sink } = place;
  const named = [
    ...(source === undefined ? [] : [`source ${source}`]),
    ...(sink === undefined ? [] : [`sink ${sink}`]),
  ];
  const of = named.length === 0 ? '' : ` of ${named.join(' and ')}`;
  if (found === 0) return `no dead letters${of} in ${folder}\n`;
  const shown = letters.map((letter) => `${headOf(letter)}\n    ${payloadOf(letter)}\n`);
  const lost = not_kept === 0 ? '' : `; ${grouped(not_kept)} more arrived too fast to be kept`;
  const total = `${grouped(letters.length)} of ${grouped(found)} dead letters${of} in ${folder}, the newest last${lost}\n`;
  return `${shown.join('')}${total}`;
}

function headOf(letter: StoredLetter): string {
  const { time, source, sink, reason, message } = letter;
  const of = source === undefined ? `sink ${sink}` : `source ${source}`;
  const place = placeOf(letter);
  return `${time}  ${of}${place === '' ? '' : `, ${place}`}  ${reason}: ${message}`;
}

/** Returns the position of a record, such as `plays.ndjson:17` or `topic plays, partition 3, offset 1204`. */
function placeOf({ file, line, topic, partition, offset }: StoredLetter): string {
  if (file !== undefined) return line === undefined ? `${file}, byte ${offset}` : `${file}:${line}`;
  return [
    ...(topic === undefined ? [] : [`topic ${topic}`]),
    ...(partition === undefined ? [] : [`partition ${partition}`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
  ].join(', ');
}

function payloadOf({ payload, payload_base64, payload_bytes }: StoredLetter): string {
  // JSON escapes keep the payload on one line and free of terminal control characters.
  const text =
    payload === undefined ? `base64 ${payload_base64 ?? ''}` : JSON.stringify(payload).slice(1, -1);
  const plain = payload === undefined ? text : text.replaceAll('\\"', '"');
  return plain.length > MAX_SHOWN
    ? `${plain.slice(0, MAX_SHOWN)}... (${grouped(payload_bytes)} bytes)`
    : plain;
}
