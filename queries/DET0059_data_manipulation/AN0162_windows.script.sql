WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0162'
),
said AS MATERIALIZED (
  SELECT eid, computer, coalesce(nullif(process_key, ''), user) AS actor, coalesce(nullif(path, ''), 'a script') AS who, arguments,
    substr(replace(CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE cmdline END, char(10), ' '), 1, 200) AS words,
    EXISTS (SELECT 1 FROM t WHERE element = 'HostsFile' AND arguments LIKE value ESCAPE '\') AS is_hosts
  FROM api_calls
  WHERE api IN ('ScriptBlock', 'CreateProcess')
    AND arguments_like IN (SELECT '%' || value FROM t WHERE element IN ('ChangeScripts', 'HostsFile'))
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM said
  WHERE length(arguments) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongScript') AND CASE WHEN is_hosts
    THEN EXISTS (SELECT 1 FROM t WHERE element = 'HostsWriters' AND arguments LIKE value ESCAPE '\')
    ELSE EXISTS (SELECT 1 FROM t WHERE element = 'Payments' AND arguments LIKE value ESCAPE '\')
        AND EXISTS (SELECT 1 FROM t WHERE element = 'ChangeWords' AND arguments LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'AccountNumbers' AND regex_match(arguments, value, 0) IS NOT NULL) END
)
SELECT eid, eid AS eids, who || ' changes stored data: ' || words AS summary, words AS changed_file FROM ranked WHERE place = 1
