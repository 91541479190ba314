WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN2029'
),
run AS MATERIALIZED (
  SELECT eid, time, computer, process_key, parent_process_key, path, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'NonBrowserProcessList')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'AgentOptions')
),
scripted AS MATERIALIZED (
  SELECT eid, time, computer, pid, process_key, path, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'HeaderSignatureMatch')
    AND +what IN ('block', 'pipeline', 'engine')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
said AS (
  SELECT eid, time, computer, process_key, parent_process_key, path, lower(cmdline) AS words FROM run
  UNION ALL
  SELECT eid, time, computer, coalesce(nullif(process_key, ''), pid), '', coalesce(nullif(path, ''), 'a script'), lower(script_text)
  FROM scripted
),
spoofed AS MATERIALIZED (
  SELECT eid, time, computer, process_key, parent_process_key, path, words,
    coalesce(nullif(regex_match(words, '(mozilla/[0-9.]+[^"'';|]{0,120})', 1), ''),
      regex_match(words, '(psuseragent\]::[a-z]+)', 1), '') AS agent
  FROM said
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'HeaderSignatureMatch' AND words LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserAgentFingerprint' AND words LIKE value ESCAPE '\')
),
firsts AS MATERIALIZED (
  SELECT process_key, min(eid) AS eid FROM spoofed GROUP BY process_key
),
before AS MATERIALIZED (
  SELECT process_key, eid, time, coalesce(nullif(remote_host, ''), remote_address) AS remote FROM network_flows
  WHERE process_key IN (SELECT process_key FROM spoofed) LIMIT -EXISTS (SELECT 1 FROM spoofed)
),
ranked AS (
  SELECT s.*, row_number() OVER (PARTITION BY s.computer, s.process_key ORDER BY s.eid) AS place
  FROM spoofed AS s LEFT JOIN firsts AS p ON p.process_key = s.parent_process_key AND p.eid < s.eid
  WHERE p.eid IS NULL
)
SELECT eid, eid AS eids, path || ' calls itself a browser: ' || agent AS summary, agent AS user_agent,
  coalesce((SELECT b.remote FROM before AS b WHERE b.process_key = r.process_key AND b.eid < r.eid
      AND r.time - b.time <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') ORDER BY b.eid DESC LIMIT 1),
    regex_match(words, '(https?://[^ "'';|)]+)', 1), '') AS remote
FROM ranked AS r
WHERE place = 1
