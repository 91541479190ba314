package regcommand

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// line shows a request: action, path, data and type.
func line(r Request) string {
	s := r.Action + " " + r.Path()
	if r.Action == "set_value" {
		s += " = " + r.Data
	}
	if r.Type != "" {
		s += " " + r.Type
	}
	if r.NewName != "" {
		s += " -> " + r.NewName
	}
	if r.Computer != "" {
		s += " @" + r.Computer
	}
	return s
}

func lines(rs []Request) string {
	out := make([]string, len(rs))
	for i := range rs {
		out[i] = line(rs[i])
	}
	return strings.Join(out, "\n")
}

// user is whoever asks in the examples.
const user = "S-1-5-21-1-2-3-1001"

// example is a text and the requests in it.
type example struct{ text, want string }

// examples reads a file of them: lines of text begin with ?, those of requests with =.
func examples(t *testing.T, name string) []example {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	for block := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n\n") {
		var e example
		for l := range strings.SplitSeq(block, "\n") {
			if text, ok := strings.CutPrefix(l, "? "); ok {
				e.text += "\n" + text
			} else if want, ok := strings.CutPrefix(l, "= "); ok {
				e.want += "\n" + want
			} else {
				t.Fatalf("%s: %q is neither text nor request", name, l)
			}
		}
		out = append(out, example{strings.TrimPrefix(e.text, "\n"), strings.TrimPrefix(e.want, "\n")})
	}
	return out
}

func TestCommands(t *testing.T) {
	for _, e := range examples(t, "commands.txt") {
		if got := lines(InCommand(e.text, user)); got != e.want {
			t.Errorf("%s\n got %s\nwant %s", e.text, got, e.want)
		}
	}
}

func TestScripts(t *testing.T) {
	for _, e := range examples(t, "scripts.txt") {
		read := InScript
		if strings.HasPrefix(e.text, "CommandInvocation(") {
			read = InPipeline
		}
		if got := lines(read(e.text, user)); got != e.want {
			t.Errorf("%s\n got %s\nwant %s", e.text, got, e.want)
		}
	}
}

// TestNothingIsAsked holds that reading, mentioning and what is no registry ask for nothing.
func TestNothingIsAsked(t *testing.T) {
	for _, e := range examples(t, "nothing.txt") {
		if got := slices.Concat(InCommand(e.text, ""), InScript(e.text, ""), InPipeline(e.text, "")); len(got) > 0 || e.want != "" {
			t.Errorf("%s\n asks for %s", e.text, lines(got))
		}
	}
}

// TestTextInAScriptIsNoCommand holds that what a script only has as text is not run.
func TestTextInAScriptIsNoCommand(t *testing.T) {
	if got := InScript(`$t = 'reg add HKLM\SOFTWARE\A'; $u = "reg delete HKLM\SOFTWARE\A"`, ""); len(got) > 0 {
		t.Errorf("asks for %s", lines(got))
	}
}

func TestUnknownUser(t *testing.T) {
	got := lines(InCommand(`reg add HKCU\Environment /v windir /d x`, ""))
	if want := `set_value HKU\current_user\Environment\windir = x REG_SZ`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBounds holds that a text that is made to be dear costs no more than its length.
func TestBounds(t *testing.T) {
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "New-Item HKCU:\\Software\\A%d\n", i)
	}
	if got := len(InScript(many.String(), "")); got != maxRequests {
		t.Errorf("%d requests of a script of 1,000, want %d", got, maxRequests)
	}
	for _, s := range []string{
		strings.Repeat("New-Item HKCU:\\(", 20_000),
		strings.Repeat("New-Item (", 40_000) + "HKLM:",
		strings.Repeat("$a=\"hk$a$a\";", 20_000),
		"$a='" + strings.Repeat("h", 4000) + "k';" + strings.Repeat("sp $a$a$a $a $a;", 20_000),
		strings.Repeat(`cmd /c "reg add HKCU\ `, 20_000),
		strings.Repeat("iex 'hk';", 20_000), strings.Repeat(".SetValue(hklm,", 20_000), strings.Repeat("@{hk=", 50_000),
		strings.Repeat("[", 1<<18) + "hk",
		strings.Repeat("&", 1<<18) + "hk", strings.Repeat("reg add hklm ", 20_000), strings.Repeat("'hk'+", 50_000),
		strings.Repeat("ParameterBinding(hk): name=\"Path\"; value=\"", 6000),
	} {
		f := finder{user: "x", budget: maxExpanded}
		f.script(s[:min(len(s), maxText)], 0)
		InCommand(s, "")
		InScript(s, "")
		InPipeline(s, "")
	}
}

func FuzzRegistryCommands(f *testing.F) {
	for _, s := range []string{
		`cmd /c "reg add "HKCU\a b" /v x /d "y" /f" & r^eg delete \\h\HKLM\a /va`, `powershell -c "sp HKCU:\a b 0"`, `setx a b /m`,
		`wmic class stdregprov call SetDWORDValue hDefKey="&H80000002" sSubKeyName="a" sValueName="b" uValue=0`,
		"$p = @{Path='HKLM:\\a'; Name=\"b\"}\nSet-ItemProperty @p -Value (0) -Type ([x]::DWord)",
		`[Microsoft.Win32.Registry]::LocalMachine.OpenSubKey("a", $true).SetValue('b', 0)`, `x.RegWrite "HKCU\a\b", 1, "REG_DWORD"`,
		"CommandInvocation(Set-ItemProperty): \"hk\"\nParameterBinding(Set-ItemProperty): name=\"Path\"; value=\"HKLM:\\a\"",
		"@'\nhk\n'@ {@ $( ${a} `", `iex "iex ""iex 'reg add HKLM\a'"""`,
	} {
		f.Add(s)
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, rs := range [][]Request{InCommand(s, "u"), InScript(s, "u"), InPipeline(s, "u")} {
			if len(rs) > maxRequests {
				t.Errorf("%d requests", len(rs))
			}
			for _, r := range rs {
				if !strings.HasPrefix(r.Key, "HKLM") && !strings.HasPrefix(r.Key, "HKU") || r.Action == "" || len(r.Data) > maxData+64 {
					t.Errorf("a request for %q", r)
				}
			}
		}
	})
}
