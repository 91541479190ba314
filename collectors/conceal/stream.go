package conceal

import (
	"slices"
	"strings"
)

// hosts of streams that are named without a folder, as in `type a.exe > notes.txt:a.exe`.
var streamHosts = []string{
	"txt",
	"log",
	"dat",
	"ini",
	"exe",
	"dll",
	"sys",
	"doc",
	"docx",
	"xls",
	"xlsx",
	"rtf",
	"pdf",
	"jpg",
	"png",
	"bmp",
	"gif",
	"tmp",
	"bat",
	"cmd",
	"ps1",
	"vbs",
	"js",
	"hta",
	"inf",
	"xml",
	"json",
	"csv",
	"zip",
	"cab",
	"md",
	"html",
}

// StreamIn gives the first reference to an alternate data stream in a path or a command line, as the stream's name with
// the colon before it; "" for none. A reference is a path with a drive, or the name of an ordinary file, with `:name`
// behind it (Naming Files, Microsoft); a port, a URL and a drive are none.
func StreamIn(text string) string {
	for i, last := 1, 0; i < len(text)-1; i++ {
		if text[i] != ':' {
			continue
		}
		colon := last // the one before, 0 for none
		last = i
		if rest := strings.ToLower(
			text[i:min(len(text), i+20)],
		); strings.HasPrefix(rest, "::$data") ||
			strings.HasPrefix(rest, "::$index_allocation") {
			return text[i : i+7]
		}
		end := i + 1
		for end < len(text) && !strings.ContainsRune(" \t\r\n\"'`<>|*?\\/:;,()[]{}=", rune(text[end])) {
			end++
		}
		if name := text[i+1 : end]; name == "" || !isLetter(name[0]) && name[0] != '_' && name[0] != '.' ||
			end < len(text) && strings.ContainsRune(`\/:`, rune(text[end])) && !strings.HasPrefix(text[end:], `\"`) {
			if !strings.EqualFold(strings.TrimSuffix(text[i+1:], `"`), name+":$DATA") || name == "" {
				continue
			}
		}
		if hosted(text[:i], colon) {
			return text[i:end]
		}
	}
	return ""
}

// hosted tells whether a text ends in a file that a stream may belong to. colon is the last one in it: that of a drive, if the text ends
// in a whole path.
func hosted(before string, colon int) bool {
	from := strings.LastIndexAny(before, " \t\r\n\"'`<>|*?\\/:;,()[]{}=") + 1
	file := before[from:]
	if file == "" {
		return false
	}
	dot := strings.LastIndexByte(file, '.')
	known := dot > 0 && slices.Contains(streamHosts, strings.ToLower(file[dot+1:]))
	if from == 0 || before[from-1] != '\\' {
		return known && !strings.HasSuffix(before[:from], "//")
	}
	return known || colon > 0 && strings.HasPrefix(before[colon:], `:\`) && isLetter(before[colon-1]) &&
		!strings.ContainsAny(before[colon+2:], "\"<>|*?")
}

// StreamInScript gives the stream that a PowerShell command names with -Stream, or that a path with a drive names.
func StreamInScript(text string) string {
	text = text[:min(len(text), maxSigned)]
	lower := strings.ToLower(text)
	for at := 0; ; {
		i := strings.Index(lower[at:], " -stream")
		if i < 0 {
			break
		}
		at += i + len(" -stream")
		words := strings.Fields(strings.TrimLeft(text[at:min(len(text), at+256)], ":"))
		if at < len(text) && (text[at] == ' ' || text[at] == ':') && len(words) > 0 {
			if name := strings.Trim(words[0], "\"';)}"); name != "" && name != "*" && name[0] != '-' {
				return ":" + name
			}
		}
	}
	if _, bound, ok := strings.Cut(text, `name="Stream"; value="`); ok { // as a pipeline's parameters are logged
		if name, _, _ := strings.Cut(bound, `"`); name != "" && name != "*" {
			return ":" + name
		}
	}
	if i := strings.Index(text, `:\`); i < 0 || strings.Count(text[i:], ":") < 2 {
		return ""
	}
	for line := range strings.Lines(text) {
		if s := StreamIn(line); s != "" && strings.Contains(line, `:\`) {
			return s
		}
	}
	return ""
}
