// Package regcommand tells which changes of the registry a command line or a script asks for, however it is spelled: reg.exe, setx, wmic,
// PowerShell's cmdlets, the classes of .NET, WMI's StdRegProv, RegWrite of the Windows Script Host. It reads text and runs nothing; what
// it cannot read asks for nothing. The time it takes grows with the length of the text and no faster.
package regcommand

import (
	"slices"
	"strings"
)

// Request is a change that is asked for, in the words of the events of the registry.
type Request struct {
	Action    string // "create_key", "delete_key", "set_value", "delete_value", "rename"
	Key       string // "HKLM\…" or "HKU\…"
	ValueName string // "(Default)" of the value without a name, "*" for all; "" of a key
	Data      string // a number as Sysmon shows it, else as the text has it
	Type      string // "REG_SZ", …; "" where the text does not say
	NewName   string // of a rename
	Computer  string // whose registry, where that is another's
}

// Path is the key with the value's name behind it.
func (r *Request) Path() string {
	if r.ValueName == "" {
		return r.Key
	}
	return r.Key + `\` + r.ValueName
}

// Bounds of what one text can bring.
const (
	maxText     = 256 << 10
	maxRequests = 64
	maxKey      = 1024
	maxData     = 4096
	maxDepth    = 4       // of commands in commands
	maxExpanded = 1 << 20 // bytes that variables may come to
)

// CurrentUser stands for the security identifier of a user who is not told.
const CurrentUser = "current_user"

// InCommand gives what a program's command line asks for. user is the security identifier of whoever runs it, "" if unknown.
func InCommand(cmdline, user string) []Request {
	return in(cmdline, user, func(f *finder, text string) {
		f.commands(text, false, 0)
		if len(f.out) == 0 && containsFold(text, ".reg") { // a script in the command line of another interpreter
			f.script(text, 1)
		}
	})
}

// InScript gives what a script asks for: PowerShell's, as its log has it, or as far as it calls the Windows Script Host another's.
func InScript(text, user string) []Request {
	return in(text, user, func(f *finder, text string) { f.script(text, 0) })
}

// InPipeline gives what the commands of a pipeline ask for, whose parameters PowerShell's log tells one by one.
func InPipeline(text, user string) []Request {
	return in(text, user, func(f *finder, text string) {
		f.bindings(text)
		if len(f.out) == 0 {
			f.script(text, 0)
		}
	})
}

func in(text, user string, read func(*finder, string)) []Request {
	if !mayAsk(text) {
		return nil
	}
	if user == "" {
		user = CurrentUser
	}
	f := finder{user: user, budget: maxExpanded}
	read(&f, text[:min(len(text), maxText)])
	return f.out
}

// finder gathers what is asked for.
type finder struct {
	user   string
	out    []Request
	vars   map[string]value
	folder string // PowerShell's location, where that is a key
	budget int    // of what variables may still come to
}

func (f *finder) full() bool { return len(f.out) >= maxRequests || f.budget <= 0 }

// ask notes a request, once.
func (f *finder) ask(r Request) {
	if r.Key == "" || len(r.Key) > maxKey || len(r.ValueName) > maxKey || f.full() {
		return
	}
	r.Data, r.NewName = clip(r.Data, maxData), clip(r.NewName, maxKey)
	if !slices.Contains(f.out, r) {
		f.out = append(f.out, r)
	}
}

// clip clones a text, so that nothing holds on to what it was found in.
func clip(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return strings.Clone(s)
}

// telling are the letters at which a text is looked at more closely: the k of HK…, the x of setx, the g of registry and of stdregprov, the
// v of SetEnvironmentVariable.
var telling = [256]bool{'k': true, 'K': true, 'x': true, 'X': true, 'g': true, 'G': true, 'v': true, 'V': true}

// mayAsk tells quickly of most texts that nothing in them can name a key: none of those words is there, whatever signs of no meaning stand
// between the letters.
func mayAsk(text string) bool {
	for i := range len(text) {
		if !telling[text[i]] {
			continue
		}
		last, at := letterBefore(text, i)
		switch text[i] | 0x20 {
		case 'k':
			if last == 'h' {
				return true
			}
		case 'x':
			if before, _ := letterBefore(text, at); last == 't' && before == 'e' {
				return true
			}
		case 'g':
			if last == 'e' && (hasPrefixFold(text[i+1:], "istry") || hasPrefixFold(text[i+1:], "prov")) {
				return true
			}
		case 'v':
			if last == 't' && hasPrefixFold(text[i+1:], "ariable(") {
				return true
			}
		}
	}
	return false
}

// letterBefore gives the letter before a place, in lower case, and where it stands. Of signs without a meaning it passes over a few.
func letterBefore(text string, at int) (byte, int) {
	const most = 8
	for i := at - 1; i >= 0 && i >= at-most; i-- {
		if strings.IndexByte("^`\"'+", text[i]) < 0 {
			return text[i] | 0x20, i
		}
	}
	return 0, -1
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// containsFold looks for a word that is in lower case.
func containsFold(s, word string) bool {
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i]|0x20 == word[0]|0x20 && strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
