package conceal

import (
	"errors"
	"strings"
)

// maxReplaced bounds the variables that are put in place of their names, and maxFilled what the text may come to with them, in bytes.
const (
	maxReplaced = 16
	maxFilled   = 4 * maxPlain
)

// tellingWords are names that whoever hides what a text says takes apart.
var tellingWords = []string{
	"invoke-expression",
	"invoke-webrequest",
	"invoke-restmethod",
	"invoke-command",
	"downloadstring",
	"downloaddata",
	"downloadfile",
	"net.webclient",
	"frombase64string",
	"amsiutils",
	"amsiinitfailed",
	"amsicontext",
	"amsiscanbuffer",
	"virtualalloc",
	"virtualprotect",
	"createthread",
	"scriptblock",
	"reflection.assembly",
	"memorystream",
	"new-object",
	"wscript.shell",
	"powershell",
	"shellexecute",
	"whoami",
	"netstat",
	"ipconfig",
	"systeminfo",
	"tasklist",
	"certutil",
	"mshta",
	"rundll32",
	"regsvr32",
	"bitsadmin",
	"vssadmin",
	"schtasks",
	"mimikatz",
	"sekurlsa",
	"http://",
	"https://",
}

// splitWords finds a telling word that stands there only once the marks, quotes, joints, formats and variables that part it are taken away.
func (t *signedText) splitWords() bool {
	if len(t.raw) > maxPlain ||
		!strings.ContainsAny(t.lower, "`^+&") && !strings.Contains(t.lower, `""`) && !strings.Contains(t.lower, "-f") &&
			strings.Count(t.lower, `"`) < 4 {
		return false
	}
	text := cmdVariables(t.lower)
	if strings.Contains(text, "=") && strings.Contains(text, "$") {
		text = psVariables(text)
	}
	text = filledFormats(text)
	for _, joint := range []string{" + ", "+ ", " +", " & "} {
		text = strings.NewReplacer("'"+joint+"'", "'+'", `"`+joint+`"`, `"+"`).Replace(text)
	}
	text = strings.NewReplacer("'+'", "", `"+"`, "", `"&"`, "", "`", "", "^", "").Replace(text)
	bare := strings.ReplaceAll(text, `"`, "")
	for _, w := range tellingWords {
		if (strings.Contains(text, w) || strings.Contains(bare, w)) && !strings.Contains(t.lower, w) && !strings.Contains(t.squeezed, w) {
			return true
		}
	}
	return false
}

// cmdVariables puts what cmd.exe's set gives in place of the variables.
func cmdVariables(text string) string {
	var pairs []string
	for rest := text; len(pairs) < 2*maxReplaced; {
		_, after, ok := strings.Cut(rest, "set ")
		if !ok {
			break
		}
		rest = after
		name, value, ok := strings.Cut(after, "=")
		name = strings.Trim(name, ` "`)
		if !ok || name == "" || len(name) > 24 || strings.ContainsAny(name, "&|\n") {
			continue
		}
		if i := strings.IndexAny(value, "&|\n\""); i >= 0 {
			value = value[:i]
		}
		if value = strings.TrimRight(value, " \r"); value != "" && len(value) <= 256 {
			pairs = append(pairs, "%"+name+"%", value, "!"+name+"!", value)
		}
	}
	if len(pairs) == 0 {
		return text
	}
	var out bounded
	_, _ = strings.NewReplacer(pairs...).WriteString(&out, text) // its only error is that there is no more room
	return out.String()
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ strings.Builder }

var errFull = errors.New("no more room")

func (b *bounded) Write(p []byte) (int, error) { return b.WriteString(string(p)) }

func (b *bounded) WriteString(s string) (int, error) {
	if room := maxFilled - b.Len(); len(s) > room {
		b.Builder.WriteString(s[:room])
		return room, errFull
	}
	return b.Builder.WriteString(s)
}

// psVariables puts the short texts that PowerShell's variables hold in place of the variables.
func psVariables(text string) string {
	var names, values []string
	for i := 0; i < len(text) && len(names) < maxReplaced; i++ {
		if text[i] != '$' {
			continue
		}
		end := i + 1
		for end < len(text) && isAlnum(rune(text[end])) {
			end++
		}
		after := strings.TrimLeft(text[end:min(len(text), end+80)], " ")
		if end == i+1 || !strings.HasPrefix(after, "=") {
			continue
		}
		after = strings.TrimLeft(after[1:], " ")
		if len(after) < 2 || after[0] != '\'' && after[0] != '"' {
			continue
		}
		if n := strings.IndexByte(after[1:], after[0]); n > 0 {
			names, values = append(names, text[i:end]), append(values, after[1:n+1])
		}
	}
	if len(names) == 0 {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text) && out.Len() < maxFilled; i++ {
		if text[i] == '$' {
			end := i + 1
			for end < len(text) && isAlnum(rune(text[end])) {
				end++
			}
			for j, n := range names {
				if n == text[i:end] {
					out.WriteString("'" + values[j] + "'")
					i = end - 1
					break
				}
			}
			if i == end-1 {
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// filledFormats fills the formats of PowerShell whose parts are short texts, as in "{1}{0}" -f 'b','a'.
func filledFormats(text string) string {
	for range 8 {
		at := -1
		for from := 0; ; {
			i := strings.Index(text[from:], "-f")
			if i < 0 {
				break
			}
			i += from
			before, after := strings.TrimRight(text[:i], " )"), strings.TrimLeft(text[i+2:], " (")
			if len(before) > 2 && strings.ContainsAny(before[len(before)-1:], `'"`) && len(after) > 0 && strings.ContainsAny(after[:1], `'"`) {
				at = i
				break
			}
			from = i + 2
		}
		if at < 0 {
			return text
		}
		before := strings.TrimRight(text[:at], " )")
		quote := before[len(before)-1]
		start := strings.LastIndexByte(before[:len(before)-1], quote)
		if quote != '\'' && quote != '"' || start < 0 || len(before)-start > 512 {
			return text
		}
		rest := strings.TrimLeft(text[at+2:], " (")
		var parts []string
		for len(rest) > 1 && len(parts) < 32 && (rest[0] == '\'' || rest[0] == '"') {
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				break
			}
			parts, rest = append(parts, rest[1:end+1]), strings.TrimLeft(rest[end+2:], " ")
			if !strings.HasPrefix(rest, ",") {
				break
			}
			rest = strings.TrimLeft(rest[1:], " ")
		}
		filled := before[start+1 : len(before)-1]
		for i, p := range parts {
			place := "{" + itoa(i) + "}"
			if len(filled)+strings.Count(filled, place)*len(p) > maxFilled { // parts that hold places themselves grow without end
				return text
			}
			filled = strings.ReplaceAll(filled, place, p)
		}
		text = text[:start] + "'" + filled + "'" + rest
	}
	return text
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return string(rune('0'+i/10)) + string(rune('0'+i%10))
}

// separators finds commas and semicolons where cmd.exe takes them for blanks.
func (t *signedText) separators() bool {
	if len(t.raw) > maxPlain || !t.has("cmd") {
		return false
	}
	return strings.Count(t.squeezed, ",;")+strings.Count(t.squeezed, ";,") >= 4
}

// wildCommands finds a command that is looked up by a name with wildcards and called at once, as in &(Get-Command i*x*n).
func (t *signedText) wildCommands() bool {
	if len(t.raw) > maxPlain {
		return false
	}
	for _, call := range []string{
		"&(gcm", ".(gcm", "&(get-command", ".(get-command", "&(get-alias", "&(gal", ".(gal", "&(alias",
		".getcommandname(", ".getcommand(", ".getcmdlets(", "&(commandi", "&(get-c*",
	} {
		if _, after, ok := strings.Cut(t.squeezed, call); ok {
			name := after[:min(len(after), 32)]
			if i := strings.IndexAny(name, "),"); i >= 0 {
				name = name[:i]
			}
			if i := strings.IndexByte(name, '*'); i >= 0 && strings.IndexFunc(name[i:], func(r rune) bool { return 'a' <= r && r <= 'z' }) > 0 {
				return true
			}
		}
	}
	return false
}

// embedded finds a program that stands in a text as base64 or numbers, by the beginning that all programs of Windows have.
func (t *signedText) embedded() bool {
	return strings.Contains(t.raw, "TVqQAAMAAAAE") || strings.Contains(t.raw, "TVpQAAIAAAAE") || strings.Contains(t.raw, "TVroAAAA") ||
		t.has("4d5a90000300", "0x4d,0x5a,0x90,0x00,0x03", "77,90,144,0,3,0", "aaqqvt")
}

// carved finds what a link or a page carries behind its own data and is taken out of it into a file or run.
func (t *signedText) carved() bool {
	if len(t.raw) > maxPlain || !t.has(".lnk") {
		return false
	}
	if t.has("findstr") && t.has(">") && t.has(".exe", ".dll", ".hta", ".js", ".vbs", ".ps1", ".bat", ".cmd", ".scr", "tvq") {
		return true
	}
	return t.has("readallbytes(", "-encodingbyte", "-asbytestream", "openread(", ".seek(") &&
		t.has("-skip", "-bxor", ".seek(", "writeallbytes(", "set-content", "sc$", "sc'", "[..", "iex", "invoke-expression", "copy(")
}

// handedOver finds code that is run out of a variable of the environment, the clipboard or what another command prints.
func (t *signedText) handedOver() bool {
	if len(t.raw) > maxPlain {
		return false
	}
	if t.has(
		"iex$env:",
		"iex(${env:",
		"iex($env:",
		"iex(get-itemenv:",
		"iex((get-itemenv:",
		"invoke-expression$env:",
		"invoke-expression($env:",
		"iex(gcienv:",
		"iex([environment]::getenvironmentvariable(",
		").value|iex",
		"$env:x|iex",
	) {
		return true
	}
	if t.has("[windows.forms.clipboard]::gettext(", "forms.clipboard]::gettext(", "get-clipboard") && t.has("iex", "invoke-expression") {
		return true
	}
	tail := strings.TrimRight(t.squeezed, `"'`)
	return t.has("echo") && t.has("|powershell", "|pwsh") && strings.HasSuffix(tail, "-") && t.has("iex", "invoke-", "downloadstring", "%%")
}

// specialNames finds variables whose names are marks alone, as in ${=}.
func (t *signedText) specialNames() bool {
	n := 0
	for rest := t.squeezed; n < 5; {
		_, after, ok := strings.Cut(rest, "${")
		if !ok {
			return false
		}
		rest = after
		if i := strings.IndexByte(
			after[:min(len(after), 8)],
			'}',
		); i > 0 &&
			strings.IndexFunc(after[:i], func(r rune) bool { return isAlnum(r) || r == '_' || r == ':' || r == '^' || r == '$' || r == '?' }) < 0 {
			n++
		}
	}
	return true
}

// fewCodes finds a word of a few character codes that is called or run, and numbers of another base that become letters and run.
func (t *signedText) fewCodes() bool {
	if len(t.raw) > maxPlain {
		return false
	}
	calls := t.has("iex", "invoke-expression", "&([char", ".([char", "&(([char", "|%{&$_", "|&(", "|.(", "scriptblock]::create", "gettype(")
	if !calls {
		return false
	}
	if t.has("[char]([convert]::to", "[char][convert]::to", "[char]([convert]::to", "([char]([convert]::to") && t.has(",16)", ",2)", ",8)") {
		return true
	}
	joined := 0
	for _, part := range strings.Split(t.squeezed, "[char]")[1:] {
		if len(part) > 2 && (isDigit(part[0]) || part[0] == '(' && isDigit(part[1])) && strings.Contains(part[:min(len(part), 6)], "+") {
			joined++
		}
	}
	if joined >= 2 {
		return true
	}
	for _, open := range []string{"[char[]](", "[char[]]@(", "[char[]]("} {
		if _, after, ok := strings.Cut(
			t.squeezed,
			open,
		); ok && strings.Count(after[:min(len(after), 24)], ",") >= 2 && isDigit(after[0]) &&
			t.joins() {
			return true
		}
	}
	return t.has("-split") && t.has(".length}", ".length)") && t.has("[char]") && t.has("iex")
}

// protectedText finds a text that ConvertTo-SecureString deciphered and that is run.
func (t *signedText) protectedText() bool {
	return len(t.raw) <= maxPlain && t.has("convertto-securestring") && t.has("-key", "-k(", "-ke(") &&
		t.has("securestringto", "ptrtostring") &&
		t.has("iex", "invoke-expression", "scriptblock]::create", "|&(", "|.(")
}
