/**
 * A file as the API shows it.
 */

import { countLines, readJsonLines } from './json-lines.ts'
import type { JsonObject } from '../body-rules.ts'
import type { StoredFile } from '../../state/file-store.ts'
import type { ServerTime } from '../../state/server-time.ts'

type ProcessingStatus = 'PENDING' | 'COMPLETED' | 'INVALID_FORMAT'

/** What has been found out about a file's content; files are asked for more often than they are sent. */
const reports = new WeakMap<StoredFile, { lineCount: number; complaint: string | undefined }>()

/** The `FileResponse` of the API. @internal */
export function describeFile(file: StoredFile, time: ServerTime): JsonObject {
  const { id, bytes, createdAtMs, name, purpose, type } = file
  const report = bytes === undefined ? undefined : reportOf(file, bytes)
  const complaint = purpose === 'fine-tune' ? report?.complaint : undefined
  return {
    id,
    object: 'file',
    created_at: time.unixSeconds(createdAtMs),
    filename: name,
    bytes: bytes?.length ?? 0,
    purpose,
    FileType: type,
    Processed: bytes !== undefined,
    LineCount: report?.lineCount ?? 0,
    processing_status: statusOf(bytes, complaint),
    // Other purposes skip validation.
    ...(purpose === 'fine-tune' && bytes !== undefined
      ? { validation_report: describeReport(id, complaint) }
      : {}),
  }
}

function statusOf(bytes: Uint8Array | undefined, complaint: string | undefined): ProcessingStatus {
  if (bytes === undefined) return 'PENDING'
  return complaint === undefined ? 'COMPLETED' : 'INVALID_FORMAT'
}

function describeReport(id: string, complaint: string | undefined): JsonObject {
  if (complaint === undefined) return { file_id: id, valid: true }
  return { file_id: id, valid: false, error_type: 'INVALID_FORMAT', error: complaint }
}

function reportOf(
  file: StoredFile,
  bytes: Uint8Array,
): { lineCount: number; complaint: string | undefined } {
  let report = reports.get(file)
  if (report === undefined) {
    report = {
      lineCount: file.type === 'parquet' ? 0 : countLines(bytes),
      complaint: file.type === 'jsonl' ? findComplaint(bytes) : undefined,
    }
    reports.set(file, report)
  }
  return report
}

function findComplaint(bytes: Uint8Array): string | undefined {
  let count = 0
  for (const { number, value } of readJsonLines(bytes)) {
    if (value === undefined) return `line ${number} is not a JSON object`
    count += 1
  }
  return count === 0 ? 'the file is empty' : undefined
}
