// Package conceal tells what a text hides and how: signs of obfuscation, encoded commands, alternate data streams.
package conceal

import (
	"encoding/base64"
	"math"
	"slices"
	"strings"
)

// maxSigned bounds how much of a text is searched for signs of obfuscation.
const maxSigned = 64 << 10

// textSign is one way of hiding what a command line or a script says, as published obfuscators do it (Invoke-Obfuscation,
// Invoke-DOSfuscation).
type textSign struct {
	name string
	seen func(t *signedText) bool
}

var textSigns = []textSign{
	{"encoded_command", func(t *signedText) bool { return t.encodedCommand() }},
	{"char_codes", func(t *signedText) bool {
		return strings.Count(t.squeezed, "[char]") >= 12 && t.joins() || t.numbers >= 40 && t.joins() && t.has("[char", "[byte[]]")
	}},
	{"number_decoding", func(t *signedText) bool {
		return t.numbers >= 20 && t.joins() && t.has("toint16(", "toint32(", "-bxor")
	}},
	{"concatenation", func(t *signedText) bool {
		n := strings.Count(t.squeezed, "'+'") + strings.Count(t.squeezed, `"+"`) + strings.Count(t.squeezed, ")+('")
		return n >= 8 && n*40 >= len(t.squeezed)
	}},
	{"reordering", func(t *signedText) bool { return t.placeholders() >= 3 && t.has("-f'", `-f"`, "-f(", "-f$", "-f[") }},
	{"backticks", func(t *signedText) bool {
		return t.split('`', "0abefnrtuv") >= 5 || t.split('`', "0abefnrtuv") >= 3 && t.split('`', "") >= 5
	}},
	{"carets", func(t *signedText) bool { return t.split('^', "") >= 4 }},
	{"mixed_case", func(t *signedText) bool { return t.mixedCase >= 4 && t.mixedCase*5 >= t.words }},
	{"sliced_variables", func(t *signedText) bool { return t.slices() || t.cutVariables() }},
	{"joined_variables", func(t *signedText) bool { return t.joinedVariables() }},
	{"called_pieces", func(t *signedText) bool { return t.calledPieces() }},
	{"xor", func(t *signedText) bool { return t.xors() }},
	{"shifted_letters", func(t *signedText) bool { return t.shifts() }},
	{"numeric_address", func(t *signedText) bool { return t.numericAddress() }},
	{"foreign_letters", func(t *signedText) bool { return t.foreignLetters() }},
	{"reversed_words", func(t *signedText) bool { return len(t.raw) <= maxPlain && t.has(reversedWords...) }},
	{"replaced_text", func(t *signedText) bool {
		return strings.Count(t.squeezed, "-replace")+strings.Count(t.squeezed, "-creplace")+strings.Count(t.squeezed, ".replace(") >= 3 &&
			t.has("[char]", "[string][char]")
	}},
	{"reversed_text", func(t *signedText) bool { return t.joins() && t.has("[-1..-", "[array]::reverse", "righttoleft") }},
	{"compressed_text", func(t *signedText) bool {
		return t.has("io.compression.") && t.has("frombase64string") && t.run >= 100
	}},
	{"base64_text", func(t *signedText) bool { return t.run >= 100 && t.has("frombase64string", "convertto-securestring") }},
	{"run_decoded", func(t *signedText) bool { return t.runsDecoded() }},
	{"encoded_text", func(t *signedText) bool { return t.encodedText() }},
	{"encoded_string", func(t *signedText) bool { return t.has("frombase64string", "tobase64string") }},
	{"special_characters", func(t *signedText) bool { return len(t.squeezed) >= 120 && t.special*10 >= len(t.squeezed)*5 }},
	{"codec_switch", func(t *signedText) bool {
		return slices.ContainsFunc([]string{"encode", "decode", "encodehex", "decodehex", "urlcache", "verifyctl"}, t.option) ||
			t.has("certutil") && (t.option("url") || t.option("ping"))
	}},
	{"picture_data", func(t *signedText) bool { return t.picture() }},
	{"inline_script", func(t *signedText) bool { return t.inlineScript() }},
	{"stored_code", func(t *signedText) bool { return t.storedCode() }},
	{"decrypted_code", func(t *signedText) bool { return t.decrypts() }},
	{"encoded_script", func(t *signedText) bool { return t.encodedScript() }},
	{"joined_files", func(t *signedText) bool { return t.joinedFiles() }},
	{"blanks", func(t *signedText) bool { return t.blanks() }},
	{"zip_password", func(t *signedText) bool { return t.has("microsoft_windows_shell_zipfolder") }},
	{"compiled_source", func(t *signedText) bool {
		return (t.has("/out:", "/target:", "/t:", "-out:", "-target:") || t.has("csc.exe", "vbc.exe", "jsc.exe", "ilasm.exe") && !t.has("@")) &&
			t.has(".cs", ".vb", ".js", ".il") && !t.has("/noconfig")
	}},
	{"compiled_at_run", func(t *signedText) bool {
		return t.has("csc.exe", "vbc.exe", "jsc.exe") && t.has(".cmdline") && t.has("/noconfig")
	}},
	{"split_words", func(t *signedText) bool { return t.splitWords() }},
	{"separators", func(t *signedText) bool { return t.separators() }},
	{"wildcard_command", func(t *signedText) bool { return t.wildCommands() }},
	{"embedded_program", func(t *signedText) bool { return t.embedded() }},
	{"carved_file", func(t *signedText) bool { return t.carved() }},
	{"handed_over", func(t *signedText) bool { return t.handedOver() }},
	{"special_names", func(t *signedText) bool { return t.specialNames() }},
	{"few_codes", func(t *signedText) bool { return t.fewCodes() }},
	{"protected_text", func(t *signedText) bool { return t.protectedText() }},
	{"build_file", func(t *signedText) bool { return t.buildFile() }},
}

// Hidden is what [HiddenIn] finds in a text.
type Hidden struct {
	Signs   string // as ObfuscationSigns gives them
	Entropy int64  // as PayloadEntropy gives it, 0 for a text without signs
}

// HiddenIn reads a text once, when its event is decoded, for those who ask often.
func HiddenIn(text string) Hidden {
	h := Hidden{Signs: ObfuscationSigns(text)}
	if h.Signs != "" {
		h.Entropy = PayloadEntropy(text)
	}
	return h
}

// ObfuscationSigns names the ways in which a command line or a script hides what it says, in a fixed order and separated
// by commas; "" for plain text. A sign is no proof: only some of them never stand in text that somebody wrote by hand.
func ObfuscationSigns(text string) string {
	if len(text) < 12 {
		return ""
	}
	t := readSigned(text)
	var out []string
	for _, s := range textSigns {
		if s.seen(t) {
			out = append(out, s.name)
		}
	}
	return strings.Join(out, ",")
}

// signedText is a text with what the signs count in it.
type signedText struct {
	raw, lower string
	squeezed   string // lower case without blanks
	words      int    // of at least six letters
	mixedCase  int    // of these, those whose case changes at every other letter or more
	numbers    int    // of one to four digits, hexadecimal or not, one after the other
	special    int    // characters that are neither letters, digits nor blanks
	run        int    // length of the longest run of base64's characters
}

func readSigned(text string) *signedText {
	text = text[:min(len(text), maxSigned)]
	t := &signedText{raw: text, lower: strings.ToLower(text)}
	var squeezed strings.Builder
	squeezed.Grow(len(t.lower))
	run, row, start := 0, 0, 0
	for i := range len(t.raw) {
		c := t.raw[i]
		if !isLetter(c) {
			if run <= 40 && !isDigit(c) && c != '+' && c != '=' && (start == 0 || !isDigit(t.raw[start-1])) { // no part of base64
				t.word(text[start:i])
			}
			start = i + 1
		}
		switch {
		case isLetter(c), isDigit(c), c == '/', c == '=':
			run++
		default:
			if c != '+' {
				run = 0
			} else {
				run++
			}
			if c > ' ' && c < 0x7f {
				t.special++
			}
		}
		t.run = max(t.run, run)
		if isDigit(c) && (i == 0 || !isDigit(t.raw[i-1]) && !isLetter(t.raw[i-1])) {
			row++
			t.numbers = max(t.numbers, row)
		} else if isLetter(c) && !isHexLetter(c) {
			row = 0
		}
	}
	if run <= 40 {
		t.word(text[start:])
	}
	for i := range len(t.lower) {
		if c := t.lower[i]; c > ' ' {
			squeezed.WriteByte(c)
		}
	}
	t.squeezed = squeezed.String()
	return t
}

// word counts a run of letters.
func (t *signedText) word(s string) {
	if len(s) < 6 || len(s) > 40 {
		return
	}
	t.words++
	changes := 0
	for i := 1; i < len(s); i++ {
		if s[i]&0x20 != s[i-1]&0x20 {
			changes++
		}
	}
	if changes*2 >= len(s) {
		t.mixedCase++
	}
}

func (t *signedText) has(any ...string) bool {
	return slices.ContainsFunc(any, func(s string) bool { return strings.Contains(t.squeezed, s) })
}

func (t *signedText) joins() bool {
	return t.has("-join", "::join", "join-string", "iex", "invoke-expression")
}

// placeholders counts the places of a format string that follow another at once but not in order, as in {0}{2}{1}.
func (t *signedText) placeholders() int {
	n, last := 0, -1
	for i := 0; i+2 < len(t.squeezed); i++ {
		if t.squeezed[i] != '{' || !isDigit(t.squeezed[i+1]) {
			continue
		}
		at := int(t.squeezed[i+1] - '0')
		end := i + 2
		if isDigit(t.squeezed[end]) {
			at, end = at*10+int(t.squeezed[end]-'0'), end+1
		}
		if end >= len(t.squeezed) || t.squeezed[end] != '}' {
			continue
		}
		if at != last+1 && i > 0 && t.squeezed[i-1] == '}' {
			n++
		}
		last = at
	}
	return n
}

// split counts where a mark stands within a word, but not before what it would give another meaning.
func (t *signedText) split(mark byte, escapes string) int {
	n := 0
	for i := 1; i+1 < len(t.raw); i++ {
		if t.raw[i] == mark && isLetter(t.raw[i-1]) && isLetter(t.raw[i+1]) && strings.IndexByte(escapes, t.raw[i+1]) < 0 {
			n++
		}
	}
	return n
}

// slices finds letters taken from variables: $env:comspec[4,15,25], $pshome[21]+$pshome[30], %comspec:~-16,1%.
func (t *signedText) slices() bool {
	for _, v := range []string{
		"$env:comspec[", "$env:public[", "$pshome[", "$shellid[", "$verbosepreference.tostring()[", "${env:comspec}[",
		"*mdr*).name[", "*mdr*').name[", `*mdr*").name[`,
	} {
		if i := strings.Index(t.squeezed, v); i >= 0 && i+len(v) < len(t.squeezed) && isDigit(t.squeezed[i+len(v)]) {
			return true
		}
	}
	return strings.Count(t.squeezed, ":~") >= 4 && strings.Count(t.squeezed, "%") >= 8
}

// option tells whether a word of a command line is the switch.
func (t *signedText) option(name string) bool {
	return strings.Contains(t.lower, name) && slices.ContainsFunc(strings.Fields(t.lower), func(w string) bool {
		return len(w) == len(name)+1 && (w[0] == '-' || w[0] == '/') && w[1:] == name
	})
}

// encodedCommand tells whether a switch that begins like -EncodedCommand is followed by base64 of UTF-16 text.
func (t *signedText) encodedCommand() bool {
	words := strings.Fields(t.raw)
	for i := 1; i < len(words); i++ {
		name := strings.ToLower(strings.Trim(words[i-1], `"'^`))
		if len(name) < 2 || name[0] != '-' && name[0] != '/' || name != "-ec" && name != "/ec" && !strings.HasPrefix(encodedCommand, name[1:]) {
			continue
		}
		if utf16Base64(strings.Trim(words[i], `"'`)) {
			return true
		}
	}
	return false
}

// utf16Base64 tells whether s is base64 of text in UTF-16 whose characters are mostly of ASCII.
func utf16Base64(s string) bool {
	s = s[:min(len(s), 400)&^3]
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) < 12 {
		return false
	}
	zero := 0
	for i := 1; i < len(b); i += 2 {
		if b[i] == 0 {
			zero++
		}
	}
	return zero*10 >= len(b)/2*8
}

// PayloadEntropy gives the entropy of the longest run of characters without a blank or a quote, in hundredths of a bit a
// character (Shannon); 0 where no run has 64 characters. English runs below 430, base64 of compressed or encrypted data
// near 590, hexadecimal below 400.
func PayloadEntropy(text string) int64 {
	text = text[:min(len(text), maxSigned)]
	longest := ""
	for run := range strings.FieldsFuncSeq(text, func(r rune) bool { return r <= ' ' || r == '"' || r == '\'' }) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	if len(longest) < 64 {
		return 0
	}
	var count [256]int
	for i := range len(longest) {
		count[longest[i]]++
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(longest))
			bits -= p * math.Log2(p)
		}
	}
	return int64(math.Round(bits * 100))
}

func isLetter(c byte) bool    { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isHexLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'f' || c|0x20 == 'x' }
func isDigit(c byte) bool     { return '0' <= c && c <= '9' }
