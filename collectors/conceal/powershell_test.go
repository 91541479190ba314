package conceal

import (
	"encoding/base64"
	"testing"
	"unicode/utf16"
)

func encoded(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func TestEncodedCommand(t *testing.T) {
	const text = "Get-Process | sort 'é'\r\n"
	for _, test := range []struct{ cmdline, want string }{
		{"powershell.exe -NoP -EncodedCommand " + encoded(text), text},
		{"powershell -e " + encoded(text) + " -x", text},
		{"pwsh /ec \"" + encoded(text) + "\"", text},
		{"powershell \u2013enc " + encoded(text), text},
		{"powershell -ENC " + encoded(text), text},
		{"powershell -Encoding utf8 " + encoded(text), ""},
		{"powershell -e", ""},
		{"gcc -e main file.c", ""},
		{"tool -e YWJjZGVmZ2g=", "\u6261\u6463\u6665\u6867"}, // any text may be
		{"tool -e AAAAAAAA", ""},
		{"powershell -File x.ps1", ""},
		{"", ""},
	} {
		if got := EncodedCommand(test.cmdline); got != test.want {
			t.Errorf("%q: %q, want %q", test.cmdline, got, test.want)
		}
	}
}
