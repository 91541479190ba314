WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0622'),
loaded AS MATERIALIZED (
  SELECT eid, computer, process_key, path, module_path, module_name, is_signed, signature_status FROM module_loads
  WHERE name IN (SELECT value FROM t WHERE element = 'ConsoleProgram')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM loaded
  WHERE module_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'ScriptEngines')
    OR 1 = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SignedToUnsignedTransition')
      AND (is_signed = 0 OR signature_status NOT IN ('', 'Valid'))
      AND EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousMSCPathRegex' AND module_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' loaded ' || module_path AS summary, '' AS console_file, module_path AS module
FROM told WHERE place = 1
