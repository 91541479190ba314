package conceal

import "strings"

// codeStarts are the first bytes, in hexadecimal, of what programs keep in a log to run it later: a program file, and code
// that begins as that of public frameworks does (cld and a call, or a look for its own place).
var codeStarts = []string{"4D5A", "FCE8", "FC48", "FC4D", "E800000000", "4831C9", "31C96", "D9EED974", "DBC0D974"}

// minCode is the least length of such data, in hexadecimal digits.
const minCode = 256

// IsCode tells whether hexadecimal digits begin as a program or code does.
func IsCode(data string) bool {
	if len(data) < minCode {
		return false
	}
	head := strings.ToUpper(data[:16])
	for _, start := range codeStarts {
		if strings.HasPrefix(head, start) {
			return strings.Trim(data, "0123456789abcdefABCDEF") == ""
		}
	}
	return false
}
