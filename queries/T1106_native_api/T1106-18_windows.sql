-- id: T1106-18
-- name: Script asks for Kerberos tickets
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script calls the authentication package for tickets. Finds what Elastic rule
--   fddff193-48a3-484d-8d35-90bb3d323a56 finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Call | text | word | LsaCallAuthenticationPackage | apiwatch | The call, with what follows.
--   TicketMessages | text | word | KerbRetrieveEncodedTicketMessage | apiwatch | One of these, or all of RequestTerms.
--   TicketMessages | text | word | KerbQueryTicketCacheMessage | apiwatch | One of these, or all of RequestTerms.
--   TicketMessages | text | word | KerbQueryTicketCacheExMessage | apiwatch | One of these, or all of RequestTerms.
--   TicketMessages | text | word | KerbQueryTicketCacheEx2Message | apiwatch | One of these, or all of RequestTerms.
--   TicketMessages | text | word | KerbRetrieveTicketMessage | apiwatch | One of these, or all of RequestTerms.
--   TicketMessages | text | word | KerbDecryptDataMessage | apiwatch | One of these, or all of RequestTerms.
--   RequestTerms | text | word | LsaLookupAuthenticationPackage | apiwatch | All of these, or one of TicketMessages.
--   RequestTerms | text | word | kerberos | apiwatch | All of these, or one of TicketMessages.
--   RequestTerms | text | word | KERB_RETRIEVE_TKT_REQUEST | apiwatch | All of these, or one of TicketMessages.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/credential_access_posh_kerb_ticket_dump.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-18'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('Call', 'TicketMessages', 'RequestTerms'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Call', 'TicketMessages', 'RequestTerms') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Call' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'TicketMessages' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
      OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'RequestTerms' AND NOT (instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
