-- id: T1106-04
-- name: Lock or process file that BPFDoor uses
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: linux
-- description: A file is opened that BPFDoor uses as its lock. Finds what Sigma rule 808146b2-9332-4d78-9416-d7e47012d83d
--   finds.
-- log_sources: auditd:SYSCALL, auditd:PATH
-- tables: file_accesses
-- extra: file
-- pyramid_level: 1
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Files | text | path | /run/aepmonend.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/aepmonend.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/auditd.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/auditd.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/cma.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/cma.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/console-kit.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/console-kit.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/consolekit.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/consolekit.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/daemon.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/daemon.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/hald-addon.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/hald-addon.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/hald-smartd.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/hald-smartd.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/haldrund.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/haldrund.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/hp-health.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/hp-health.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/hpasmlit.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/hpasmlit.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/hpasmlited.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/hpasmlited.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/kdevrund.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/kdevrund.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/lldpad.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/lldpad.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/mcelog.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/mcelog.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/system.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/system.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/uvp-srv.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/uvp-srv.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/vmtoolagt.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/vmtoolagt.pid | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /run/xinetd.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
--   Files | text | path | /var/run/xinetd.lock | apiwatch | Lock and process id files, also below /run, where /var/run leads.
-- benign:
--   A program of that name that is really installed.
-- limits:
--   Fed only where the audit rules of others tell of opens below /run: apiwatch asks for none of its own there, since an ordinary machine opens files there all the time.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/linux/auditd/path/lnx_auditd_bpfdoor_file_accessed.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-04'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, file, path FROM file_accesses
  WHERE file_name IN (SELECT replace(value, rtrim(value, replace(value, '/', '')), '') FROM t WHERE element = 'Files')
  LIMIT -EXISTS (SELECT 1 FROM t WHERE element = 'Files')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, file ORDER BY eid) AS place FROM opened
  WHERE file IN (SELECT value FROM t WHERE element = 'Files')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || file AS summary, file FROM hits WHERE place = 1
