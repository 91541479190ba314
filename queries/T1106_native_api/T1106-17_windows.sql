-- id: T1106-17
-- name: LSASS opened or read by the API
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A process opens LSASS or reads its memory, from a program that has not often done so. Finds what Elastic
--   rule ff4599cb-409f-4910-a239-52e4e6f532ff finds.
-- log_sources: etw:Microsoft-Windows-Kernel-Audit-API-Calls
-- tables: process_accesses
-- extra: granted_access, call_trace
-- pyramid_level: 4
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Providers | text | provider | Microsoft-Windows-Threat-Intelligence | apiwatch | Sources whose accesses count.
--   Providers | text | provider | Microsoft-Windows-Kernel-Audit-API-Calls | apiwatch | Sources whose accesses count.
--   PathsExcluded | like | path | c:\\program files\\%.exe | rule | Programs that open LSASS in ordinary work.
--   PathsExcluded | like | path | c:\\program files (x86)\\%.exe | rule | Programs that open LSASS in ordinary work.
--   PathsExcluded | like | path | c:\\programdata\\microsoft\\windows defender\\platform\\msmpeng.exe | rule | Programs that open LSASS in ordinary work.
--   PathsExcluded | like | path | c:\\programdata\\microsoft\\windows defender\\platform\\%\\msmpeng.exe | rule | Programs that open LSASS in ordinary work.
-- benign:
--   Security and monitoring software.
-- limits:
--   The rule keeps what only one machine of a fleet does, at most three times in half an hour: here the first access of each process counts; rank by machines where the logs come together.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/credential_access_lsass_openprocess_api.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-17'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE target_name = 'lsass.exe'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY lower(path) ORDER BY eid) AS place FROM opened AS a
  WHERE path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PathsExcluded' AND a.path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'Providers' AND a.provider = value)
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
