WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
hosts AS MATERIALIZED (SELECT lower(value) AS name, element = 'NeverBare' AS never FROM t WHERE element IN ('NeverBare', 'BareByStranger')),
ends(ending) AS (VALUES (''), ('"'), (' '), ('" '), ('  '), ('"  ')),
bare AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, parent_path, name, parent_name, lower(rtrim(replace(cmdline, '"', ''))) AS command
  FROM process_starts WHERE name IN (SELECT name FROM hosts)
    AND cmdline_like IN (SELECT '%' || name || ending FROM hosts, ends
      UNION SELECT substr(name, 1, length(name) - 4) || ending FROM hosts, ends)
),
strange AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM bare
  WHERE (command IN (lower(path), name, substr(name, 1, length(name) - 4))
      OR EXISTS (SELECT 1 FROM t WHERE element = 'SearchedFolders' AND command LIKE value || name ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'CompilerPairs' AND value = parent_name || ' ' || name)
    AND (EXISTS (SELECT 1 FROM hosts AS h WHERE h.never AND h.name IN (bare.name, bare.parent_name))
      OR parent_path <> ''
        AND NOT EXISTS (SELECT 1 FROM t WHERE element IN ('WindowsFolders', 'ProductFolders') AND parent_path LIKE value ESCAPE '\'))
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'A process') || ' started ' || path || ' without the arguments it always has'
  AS summary, 'bare_host' AS how, '' AS rights, '' AS code_path
FROM strange WHERE place = 1
