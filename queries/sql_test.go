package queries

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAnchors(t *testing.T) {
	w := Way{
		Tables: []string{"process_starts", "script_blocks", "file_changes", "registry_changes"},
		Body: `WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0001'
),
run AS MATERIALIZED (
  SELECT eid, process_key FROM process_starts WHERE name IN (SELECT value FROM t)
),
said AS MATERIALIZED (
  SELECT eid FROM script_blocks WHERE what = 'block' AND command IN (SELECT value FROM t)
),
made AS MATERIALIZED (
  SELECT eid FROM file_changes WHERE process_key IN (SELECT process_key FROM run) LIMIT -EXISTS (SELECT 1 FROM run)
)
SELECT eid, eid AS eids, '' AS summary FROM made JOIN said USING (eid)`,
	}
	if got, want := w.Anchors(), []string{"process_starts", "script_blocks"}; !slices.Equal(got, want) {
		t.Errorf("anchors %v, want %v: the first, and what is asked in any case", got, want)
	}
}

// fixed are the names of a path's form that SQL may hold: the system itself looks or writes there, and nobody can move it.
var fixed = []string{
	`%\Control\Print\Monitors\%\%`, `%\LanmanServer\Shares\%`, `%\Shares\Security\%`, `%\Services\%\ImagePath`, // registry keys
	`webcam\\NonPackaged\\(.*)\\LastUsed`, `microphone\\NonPackaged\\(.*)\\LastUsed`,
	`%\IPC$\%`, `%_\pipe\_%`, `\pipe`, // shares and pipes
	`%\SYSTEM`,                                                                         // a user
	`/proc/`, `/proc/%`, `%/proc/%/maps%`, `/maps`, `^/proc/([0-9]+)(/|$)`, `/memfd:%`, // what the kernel shows as files
}

// TestTunableIsNotInSQL: what an administrator may want otherwise stands in the YAML. A published rule says what it says.
func TestTunableIsNotInSQL(t *testing.T) {
	comment, quoted := regexp.MustCompile(`--.*`), regexp.MustCompile(`'(?:[^']|'')*'`)
	program := regexp.MustCompile(`(?i)\w\.(?:exe|dll|sys|bat|cmd|com|ps1|vbs)\b`)
	path := regexp.MustCompile(`(?i)(?:^|[^\[(^])[\\/]+[a-z]{2}|\b[a-z]:\\`)
	number := regexp.MustCompile(`(?i)\b0x[0-9a-f]+`)
	compared := regexp.MustCompile(`(?:[<>]=?|BETWEEN)\s*[0-9]{2,}\b(\s*\*\s*\()?|1000000000 *\* *[0-9]+`)
	met := make(map[string]bool)
	for _, d := range allOf(t) {
		for _, w := range d.Ways {
			if d.Rule() {
				continue
			}
			body := comment.ReplaceAllString(w.Body, "")
			for _, q := range quoted.FindAllString(body, -1) {
				text := strings.Trim(q, "'")
				switch {
				case slices.Contains(fixed, text):
					met[text] = true
				case program.MatchString(text), path.MatchString(text), number.MatchString(text):
					t.Errorf("%s holds %s: make it an element of tuning", w.File, q)
				}
			}
			for _, m := range compared.FindAllStringSubmatch(quoted.ReplaceAllString(body, "''"), -1) {
				if m[1] == "" { // else seconds as nanoseconds
					t.Errorf("%s compares with a number (%s): make it an element of tuning", w.File, m[0])
				}
			}
		}
	}
	for _, text := range fixed {
		if !met[text] {
			t.Errorf("no SQL holds %q any more: take it from the list", text)
		}
	}
}

// TestExpressionsAreCheckedAtLoad: a regular expression that tuning holds is of the type that is checked when it is read.
func TestExpressionsAreCheckedAtLoad(t *testing.T) {
	given := regexp.MustCompile(`element = '(\w+)' AND regex_match\(`)
	taken := regexp.MustCompile(`regex_match\([^\n]*\bvalue, [01]\)[^\n]*? FROM t WHERE element = '(\w+)'`)
	tried := 0
	for _, d := range allOf(t) {
		for _, w := range d.Ways {
			for _, m := range slices.Concat(given.FindAllStringSubmatch(w.Body, -1), taken.FindAllStringSubmatch(w.Body, -1)) {
				tried++
				if e, _ := d.Element(m[1]); e.Type != "regex" {
					t.Errorf("%s matches the values of %s as regular expressions, which is of type %s", w.File, m[1], e.Type)
				}
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d elements were looked at", tried)
	}
}

// TestAnyDrive: Windows need not lie on C:.
func TestAnyDrive(t *testing.T) {
	for _, d := range allOf(t) {
		for _, e := range d.Tuning {
			if d.Rule() || e.Name == "UsualStarters" { // which only spares rows: text that is equal is cheap to leave out
				continue
			}
			for _, value := range e.Default {
				if strings.HasPrefix(strings.ToLower(value), `c:\`) {
					t.Errorf("%s: %s holds %s: make it a pattern that begins with _:", d.File, e.Name, value)
				}
			}
		}
	}
}
