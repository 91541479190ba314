package conceal

import (
	"encoding/base64"
	"strings"
	"unicode"
)

// maxPlain is the longest text in which a way of decoding and one of running count together: in a long script they stand
// apart and have nothing to do with each other.
const maxPlain = 8 << 10

// runsDecoded finds base64 that is decoded and run, or written to a file, by the same short text.
func (t *signedText) runsDecoded() bool {
	if len(t.raw) > maxPlain || !t.has("frombase64string", "b64decode", "'base64')") {
		return false
	}
	return t.has("iex", "invoke-expression", "exec(", "eval(", "assembly]::load", "writeallbytes", "scriptblock]::create", ".invoke(")
}

// xors finds bytes that are changed one by one into what runs.
func (t *signedText) xors() bool {
	return len(t.raw) <= maxPlain && t.has("-bxor") && t.has("iex", "invoke-expression", "getstring(", "[char", "[byte[]]", "assembly]::load")
}

// shifts finds letters that are computed one by one and run.
func (t *signedText) shifts() bool {
	return len(t.raw) <= maxPlain && t.has("[char]([int]", "[char][int]", "[char]([byte]", "[char]($_") && t.has("iex", "invoke-expression")
}

// calledPieces finds a command whose short name is put together where it is called, as in &('I'+'EX') and .("{1}{0}"-f'x','ie').
func (t *signedText) calledPieces() bool {
	for _, call := range []string{"&('", `&("`, ".('", `.("`} {
		for rest := t.squeezed; ; {
			_, after, ok := strings.Cut(rest, call)
			if !ok {
				break
			}
			rest = after
			head := after[:min(len(after), 24)]
			if i := strings.IndexAny(head, `'"`); i >= 0 && i <= 6 && strings.HasPrefix(head[i+1:], "+") && !strings.ContainsAny(head[:i], `\/.`) {
				return true
			}
			if strings.HasPrefix(head, "{") && strings.Contains(after[:min(len(after), 80)], "-f") {
				return true
			}
		}
	}
	return len(t.raw) <= 2<<10 && t.placeholders() >= 1 && t.has("-f'", `-f"`) && t.has("iex", "invoke-expression")
}

// joinedVariables finds a command line of cmd.exe that sets pieces and calls what they give together.
func (t *signedText) joinedVariables() bool {
	if len(t.raw) > maxPlain {
		return false
	}
	if t.has("for/f") && t.has("in('set^|", "in('assoc^|", "in('ftype^|", "in('set|", "in('assoc|", "in('ftype|") {
		return true // a name taken out of what a command lists
	}
	sets := strings.Count(t.lower, "set ")
	return sets >= 2 && t.has("call%") && t.has("%%") || sets >= 1 && t.has("for/l") && t.has(":~%")
}

// cutVariables finds two letters or more that cmd.exe takes from variables; the date and the time are cut in ordinary work.
func (t *signedText) cutVariables() bool {
	cuts := strings.Count(t.squeezed, ":~") - strings.Count(t.squeezed, "date:~") - strings.Count(t.squeezed, "time:~")
	return cuts >= 2 && strings.Count(t.squeezed, "%") >= 4 && len(t.raw) <= maxPlain
}

// reversedWords are commands of PowerShell written backwards.
var reversedWords = []string{
	"gnirtsdaolnwod",
	"elifdaolnwod",
	"tneilcbew",
	"tcejbo-wen",
	"noisserpxe-ekovni",
	"llehsrewop",
	"gnirts46esabmorf",
	"maertsyromem",
	"tseuqerbew-ekovni",
}

// numericAddress finds an address of the internet that is written as one number, after a scheme or as a word of its own.
func (t *signedText) numericAddress() bool {
	if len(t.raw) > maxPlain {
		return false
	}
	for _, scheme := range []string{"http://", "https://", "ftp://"} {
		for rest := t.lower; ; {
			_, after, ok := strings.Cut(rest, scheme)
			if !ok {
				break
			}
			rest = after
			host := after
			if i := strings.IndexFunc(after, func(r rune) bool { return !isAlnum(r) && r != '.' }); i >= 0 {
				host = after[:i]
			}
			if strings.HasPrefix(host, "0x") || len(host) >= 8 && strings.Trim(host, "0123456789") == "" {
				return true
			}
		}
	}
	if words := strings.Fields(t.lower); len(words) >= 2 && t.has("ping", "nslookup", "tracert", "curl") {
		for _, w := range words[1:] {
			if len(w) == 10 && strings.HasPrefix(w, "0x") && strings.Trim(w[2:], "0123456789abcdef") == "" {
				return true
			}
		}
	}
	return false
}

func isAlnum(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' }

// foreignLetters finds a word of Latin letters with Cyrillic or Greek ones among them, which look the same, or a mark that turns the
// reading direction.
func (t *signedText) foreignLetters() bool {
	if strings.ContainsRune(t.raw, '\u202e') {
		return true
	}
	latin, foreign := 0, 0
	for _, r := range t.lower {
		switch {
		case r >= 'a' && r <= 'z':
			latin++
		case r < 0x80:
			latin, foreign = 0, 0
		case unicode.In(r, unicode.Cyrillic, unicode.Greek):
			foreign++
		}
		if foreign > 0 && foreign <= 2 && latin >= 5 {
			return true
		}
	}
	return false
}

// encodedText finds base64, with or without a switch before it, of a text in UTF-16 or of code.
func (t *signedText) encodedText() bool {
	if len(t.raw) > maxPlain {
		return false
	}
	for word := range strings.FieldsFuncSeq(t.raw, func(r rune) bool {
		return r >= 0x80 || !isAlnum(r|0x20) && r != '+' && r != '/' &&
			r != '='
	}) {
		if len(word) < 32 {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(word[:min(len(word), 400)&^3])
		if err != nil {
			continue
		}
		if plain := strings.ReplaceAll(string(b), "\x00", ""); len(plain)*2 == len(b) && printable(plain) {
			return true
		} else if lower := strings.ToLower(plain); printable(plain) && (strings.Contains(lower, "iex") || strings.Contains(lower, "invoke-") ||
			strings.Contains(lower, "new-object") || strings.Contains(lower, "powershell") || strings.Contains(lower, "cmd.exe")) {
			return true
		}
	}
	return false
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x7f || r < ' ' && r != '\n' && r != '\r' && r != '\t' }) < 0
}

// runsText tells whether what a text made is run: as a script, as a program in memory or by another interpreter.
func (t *signedText) runsText() bool {
	return t.has(
		"iex",
		"invoke-expression",
		"assembly]::load",
		"scriptblock]::create",
		"virtualalloc",
		"entrypoint.invoke",
		".invokecommand.",
		"createthread",
		"invoke-command",
	)
}

// picture finds what is taken out of the dots of a picture and run, and the commands that put files into pictures and take them out.
func (t *signedText) picture() bool {
	if len(t.raw) > maxPlain {
		return false
	}
	return t.has("getpixel(", "lockbits(") && t.runsText() || t.has("extract") && t.option("sf") || t.has("embed") && t.option("cf")
}

// inlineScript finds a script given to a program that opens pages, in place of a page.
func (t *signedText) inlineScript() bool {
	return len(t.raw) <= maxPlain &&
		(t.has("mshta") && t.has("vbscript:", "javascript:", "about:<") || t.has("rundll32") && t.has("javascript:", "vbscript:"))
}

// storedCode finds code that is read out of the registry, of a class of WMI, a variable or the clipboard and run.
func (t *signedText) storedCode() bool {
	if len(t.raw) > maxPlain || !t.runsText() && !t.has("frombase64string", "-enc$", "-encodedcommand$", "-e$") {
		return false
	}
	if t.has("[wmiclass]", "managementclass") && t.has(".properties[", ".value") {
		return true
	}
	hive := t.has("hkcu:", "hklm:", "hkey_", "registry::", "registry]::currentuser", "registry]::localmachine")
	return hive &&
		t.has(
			"iex(gp",
			"iex(get-itemproperty",
			"iex((gp",
			"iex((get-itemproperty",
			"iex$((gp",
			"iex(itemproperty",
			"|iex",
			"invoke-expression(get-itemp",
			"invoke-expression((get-itemp",
			"|invoke-expression",
			"frombase64string((gp",
			"frombase64string((get-itemp",
			"frombase64string($(gp",
			"frombase64string($(get-itemp",
			"getvalue(",
			"-enc$",
			"-encodedcommand$",
			"load((gp",
			"load((get-itemp",
			"::load(",
		) &&
		t.has("gphk", "gp'hk", `gp"hk`, "gp-pathhk", "get-itemproperty", "itemproperty", "getvalue(")
}

// decrypts finds a cipher of .NET whose output is run.
func (t *signedText) decrypts() bool {
	return len(t.raw) <= maxPlain &&
		t.has("createdecryptor(", "aesmanaged", "rijndaelmanaged", "cryptography.aes]::create", "tripledescryptoserviceprovider") &&
		t.has("iex", "invoke-expression", "assembly]::load", "scriptblock]::create", "virtualalloc")
}

// encodedScript finds a script in the encoded form of Windows Script Host, by its ending or its engine.
func (t *signedText) encodedScript() bool {
	if len(t.raw) > maxPlain || !t.has("wscript", "cscript") {
		return false
	}
	if t.has("/e:vbscript.encode", "/e:jscript.encode", "/e:jse", "/e:vbe") {
		return true
	}
	for word := range strings.FieldsFuncSeq(t.lower, func(r rune) bool { return r <= ' ' || r == '"' }) {
		if strings.HasSuffix(word, ".jse") || strings.HasSuffix(word, ".vbe") {
			return true
		}
	}
	return false
}

// joinedFiles finds a file that copy appends to a picture, a document or a program.
func (t *signedText) joinedFiles() bool {
	if len(t.raw) > maxPlain || !t.has("copy/b", "copy/y/b") {
		return false
	}
	i := strings.IndexByte(t.squeezed, '+')
	return i > 0 && t.has(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".pdf", ".mp3", ".mp4", ".exe", ".dll", ".scr")
}

// blanks finds a command line whose words are pushed out of sight by blanks, as those of links are.
func (t *signedText) blanks() bool {
	if len(t.raw) > maxPlain ||
		!strings.Contains(t.lower[:min(len(t.lower), 128)], "cmd") && !strings.Contains(t.lower[:min(len(t.lower), 128)], "powershell") &&
			!strings.Contains(t.lower[:min(len(t.lower), 128)], "mshta") && !strings.Contains(t.lower[:min(len(t.lower), 128)], "rundll32") {
		return false
	}
	run := 0
	for i := range len(t.raw) {
		if c := t.raw[i]; c != ' ' && (c < '\t' || c > '\r') {
			if run >= 60 {
				return true
			}
			run = 0
			continue
		}
		run++
	}
	return false
}

// buildFile finds a build tool that is given what no tool for developers names as its project.
func (t *signedText) buildFile() bool {
	if len(t.raw) > maxPlain || !t.has("msbuild") {
		return false
	}
	for word := range strings.FieldsFuncSeq(t.lower, func(r rune) bool { return r == ' ' || r == '"' }) {
		if strings.HasSuffix(word, "msbuild") || strings.HasSuffix(word, "msbuild.exe") || strings.HasPrefix(word, "/") ||
			strings.HasPrefix(word, "-") ||
			strings.HasPrefix(word, "@") {
			continue
		}
		for _, project := range []string{"proj", ".sln", ".slnx", ".targets", ".props", ".tasks"} {
			if strings.HasSuffix(word, project) {
				return t.has(`\users\public\`, `\appdata\local\temp\`, `\windows\temp\`, `\programdata\`, `\downloads\`, `\inetcache\`)
			}
		}
		return strings.ContainsRune(word, '.')
	}
	return false
}
