-- id: T1106-25
-- name: Unusual child of the SolarWinds business layer
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: The business layer host of SolarWinds starts a program that it does not start in ordinary work. Finds what
--   Elastic rule 93b22c0a-06a0-4131-b830-b10d5e166ff4 finds.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: process_starts
-- extra:
-- pyramid_level: 2
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Parents | text | file name | SolarWinds.BusinessLayerHost.exe | apiwatch | Programs of the business layer.
--   Parents | text | file name | SolarWinds.BusinessLayerHostx64.exe | apiwatch | Programs of the business layer.
--   KnownChildren | like | file name | APMServiceControl%.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | ExportToPDFCmd%.Exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.Credentials.Orion.WebApi%.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.Orion.Topology.Calculator%.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | Database-Maint.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.Orion.ApiPoller.Service.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | WerFault.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | WerMgr.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.BusinessLayerHost.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.BusinessLayerHostx64.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.Topology.Calculator.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.Topology.Calculatorx64.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   KnownChildren | like | file name | SolarWinds.APM.RealTimeProcessPoller.exe | rule | Children of ordinary work. The rule believes them only with a trusted signature, which no event of a start tells: shorten the list where it matters.
--   PathsExcluded | like | path | _:\\Windows\\SysWOW64\\ARP.EXE | rule | Tools that it runs for counters.
--   PathsExcluded | like | path | _:\\Windows\\SysWOW64\\lodctr.exe | rule | Tools that it runs for counters.
--   PathsExcluded | like | path | _:\\Windows\\SysWOW64\\unlodctr.exe | rule | Tools that it runs for counters.
-- benign:
--   Maintenance jobs of the product that are not listed.
-- limits:
--   A known child whose file was replaced: events of starts tell no signature.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/execution_apt_solarwinds_backdoor_unusual_child_processes.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-25'
),
started AS (
  SELECT eid, computer, pid, path, name, cmdline, parent_path, parent_name FROM process_starts
  WHERE parent_name IN (SELECT value FROM t WHERE element = 'Parents' UNION SELECT lower(value) FROM t WHERE element = 'Parents')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE lower(s.parent_name) IN (SELECT lower(value) FROM t WHERE element = 'Parents')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownChildren' AND s.name LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PathsExcluded' AND s.path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
