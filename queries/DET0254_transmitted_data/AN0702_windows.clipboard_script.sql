WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0702'
),
scripts AS MATERIALIZED (
  SELECT eid, computer, process_key, path, user, arguments FROM api_calls
  WHERE api IN ('ScriptBlock', 'AmsiScanBuffer')
    AND arguments_like IN (SELECT '%script=' || value FROM t WHERE element = 'ClipboardScripts')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS place FROM scripts
  WHERE length(arguments) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongScript')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'AddressMarks' AND arguments LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, coalesce(nullif(path, ''), 'a script') || ' replaces addresses on the clipboard in a script' AS summary
FROM ranked
WHERE place = 1
