package conceal

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf16"
)

// EncodedCommand gives the command that a command line hides as PowerShell's -EncodedCommand, base64 of UTF-16, in any of
// the short forms PowerShell takes (-e, -ec, -enc, …; "/" and dashes of other kinds serve too). It gives "" where there is
// none that reads as text.
//
// Source: about_PowerShell_exe, Microsoft Learn.
func EncodedCommand(cmdline string) string {
	if !mayEncode(cmdline) {
		return ""
	}
	words := strings.Fields(cmdline)
	for i, w := range words {
		if i+1 < len(words) && encodedSwitch(w) {
			if text := decodeCommand(strings.Trim(words[i+1], `"'`)); text != "" {
				return text
			}
		}
	}
	return ""
}

// mayEncode tells quickly of most command lines that nothing in them is such a switch: a dash, whose last byte is never a letter, before an
// e.
func mayEncode(cmdline string) bool {
	for i := 1; i < len(cmdline); i++ {
		if dash := cmdline[i-1]; (cmdline[i] == 'e' || cmdline[i] == 'E') && (dash == '-' || dash == '/' || dash >= 0x80) {
			return true
		}
	}
	return false
}

// encodedCommand is the switch whose beginnings PowerShell takes for it, too.
const encodedCommand = "encodedcommand"

func encodedSwitch(word string) bool {
	for _, dash := range []string{"-", "/", "\u2013", "\u2014", "\u2015"} {
		if name, ok := strings.CutPrefix(word, dash); ok && name != "" {
			name = strings.ToLower(name)
			return strings.HasPrefix(encodedCommand, name) || name == "ec"
		}
	}
	return false
}

func decodeCommand(encoded string) string {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		raw, err = base64.RawStdEncoding.DecodeString(encoded)
	}
	if err != nil || len(raw) < 4 || len(raw)%2 != 0 {
		return ""
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i]) | uint16(raw[2*i+1])<<8
	}
	text := string(utf16.Decode(units))
	for _, r := range text {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return ""
		}
	}
	return text
}
