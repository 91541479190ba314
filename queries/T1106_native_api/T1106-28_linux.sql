-- id: T1106-28
-- name: Program with writable and executable memory that was not seen before
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: linux
-- description: A program makes memory writable and executable at once, the first of its name to do so. Finds what Elastic
--   rule 23bcd283-2bc0-4db2-81d4-273fc051e5c0 finds.
-- log_sources: auditd:SYSCALL
-- tables: memory_protections
-- extra: protection
-- pyramid_level: 4
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   PathsExcluded | text | path | /usr/share/kibana/node/bin/node | rule | Programs that compile at run time.
--   PathsExcluded | text | path | /usr/share/elasticsearch/jdk/bin/java | rule | Programs that compile at run time.
--   PathsExcluded | text | path | /usr/sbin/apache2 | rule | Programs that compile at run time.
--   NamesExcluded | like | file name | httpd | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | java | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | node | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | dotnet | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | github-desktop | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | code | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | tenzir | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | brave | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | qemu-% | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | php% | rule | Programs that compile at run time, by name.
--   NamesExcluded | like | file name | deno | rule | Programs that compile at run time, by name.
-- benign:
--   Programs with a compiler of their own that are not listed.
-- limits:
--   First means first in what is kept, not in five days.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/linux/execution_unknown_rwx_mem_region_binary_executed.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-28'
),
protected AS MATERIALIZED (
  SELECT eid, process_key, path, name, protection FROM memory_protections WHERE is_rwx = 1 AND api = 'mprotect'
),
hits AS (
  SELECT eid, path, protection, row_number() OVER (PARTITION BY name ORDER BY eid) AS place FROM protected AS p
  WHERE path NOT IN (SELECT value FROM t WHERE element = 'PathsExcluded')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'NamesExcluded' AND p.name LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' made memory writable and executable, as no program of its name did before' AS summary, protection FROM hits WHERE place = 1
