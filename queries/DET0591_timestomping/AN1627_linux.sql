-- id: AN1627
-- name: File times set back
-- strategy: DET0591
-- technique: T1070.006
-- tactics: Defense Evasion
-- platform: linux
-- description: A file in a place worth hiding in gets a time stamp far from now: by touch with a given time or another file's,
--   by a file-system debugger, or by a program that is itself from a place where programs are dropped.
-- log_sources: auditd:SYSCALL
-- tables: file_changes
-- extra: target_mtime, set_back_seconds
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: 60
-- tuning:
--   MonitoredCommandList | text | executable name | touch | MonitoredCommandList | Commands whose setting of a time is reported.
--   MonitoredCommandList | text | executable name | debugfs | MonitoredCommandList | Commands whose setting of a time is reported.
--   MonitoredCommandList | text | executable name | busybox | MonitoredCommandList | Commands whose setting of a time is reported.
--   FilePathRegex | like | file path | /tmp/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /var/tmp/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /dev/shm/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /var/lib/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /var/www/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /var/spool/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /etc/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /usr/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /bin/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /sbin/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /root/% | FilePathRegex | Files that are watched.
--   FilePathRegex | like | file path | /opt/% | FilePathRegex | Files that are watched.
--   DeltaThreshold | seconds | seconds | 86400 | DeltaThreshold | Least distance between the time set and now.
--   DroppedProgramPaths | like | executable path | /tmp/% | apiwatch | Programs other than the monitored commands whose setting of a time is reported.
--   DroppedProgramPaths | like | executable path | /var/tmp/% | apiwatch | Programs other than the monitored commands whose setting of a time is reported.
--   DroppedProgramPaths | like | executable path | /dev/shm/% | apiwatch | Programs other than the monitored commands whose setting of a time is reported.
--   DroppedProgramPaths | like | executable path | /memfd:% | apiwatch | Programs other than the monitored commands whose setting of a time is reported.
--   DroppedProgramPaths | like | executable path | % (deleted) | apiwatch | Programs other than the monitored commands whose setting of a time is reported.
--   BuildToolPaths | like | executable path | /tmp/go-build% | apiwatch | Programs among those that are test builds.
-- benign:
--   Build scripts that give files a fixed time (touch -d @SOURCE_DATE_EPOCH) in a watched folder.
--   An installer that runs from a temporary folder and restores the times of what it unpacks.
-- limits:
--   Archivers, package managers and copies that keep times are left out, as any program from an ordinary folder is.
--   Without our own facts, as in an audit.log, the time set is not known: touch with -t, -r or -d then counts as such.
--   A time set through the file system's device (debugfs -w) makes no call that shows the file.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0591
--   https://man7.org/linux/man-pages/man2/utimensat.2.html
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1627'
),
stamped AS MATERIALIZED (
  SELECT eid, time, process_key, path, name, cmdline, target_path, target_mtime, target_atime FROM file_changes
  WHERE name IN (SELECT value FROM t WHERE element = 'MonitoredCommandList') AND action = 'times' AND success = 1
  UNION ALL
  SELECT eid, time, process_key, path, name, cmdline, target_path, target_mtime, target_atime FROM file_changes
  WHERE system_path = 0 AND action = 'times' AND success = 1
),
watched AS (
  SELECT *, max(coalesce(abs(time - target_mtime), 0), coalesce(abs(time - target_atime), 0)) AS distance FROM stamped
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'FilePathRegex' AND target_path LIKE value ESCAPE '\')
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_path ORDER BY eid) AS place FROM watched
  WHERE (name IN (SELECT value FROM t WHERE element = 'MonitoredCommandList')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'DroppedProgramPaths' AND path LIKE value ESCAPE '\')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'BuildToolPaths' AND path LIKE value ESCAPE '\'))
    AND (distance >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DeltaThreshold')
      OR target_mtime IS NULL AND regex_match(cmdline, ' (-[acm]*[trd]|--date|--reference)', 0) IS NOT NULL)
)
SELECT eid, eid AS eids,
  name || ' set the times of ' || target_path || coalesce(' to ' || datetime(target_mtime, 'unixepoch'), '') AS summary,
  target_mtime, time - target_mtime AS set_back_seconds
FROM suspicious
WHERE place = 1
