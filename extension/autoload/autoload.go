// Package autoload knows which extensions osqueryd starts by itself and which it passes over, as it was tried with osqueryd 5.23.
//
// It refuses a file whose name does not end in .ext (.ext.exe on Windows), one that anybody may write, one of an owner who is neither root
// nor the user that osqueryd runs as, one that is not executable, and any in a sticky folder that anybody may write, such as /tmp. It takes
// a file that its group may write, a folder with mode 0777 and a folder of another owner: who may write there may put another program in
// its place, so that these are told as advice. A refused extension stops nothing: osqueryd waits for --extensions_timeout, logs one error
// and runs on without its tables.
package autoload

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Verdict is what osqueryd makes of an extension.
type Verdict struct {
	Path    string
	Refused string   // why osqueryd passes it over, and what to do; "" if it takes it
	Advice  []string // what it takes and should not be so
}

// suffix is how the name of an extension must end.
func suffix() string {
	if runtime.GOOS == "windows" {
		return ".ext.exe"
	}
	return ".ext"
}

// Check tells what an osqueryd that runs as the user uid makes of an extension.
func Check(path string, uid int) Verdict {
	v := Verdict{Path: path}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		v.Refused = fmt.Sprintf("it cannot be looked at: %v", errors.Unwrap(err))
	case !strings.HasSuffix(path, suffix()):
		v.Refused = "its name does not end in " + suffix() + ": rename it"
	case !info.Mode().IsRegular():
		v.Refused = "it is no regular file: name the binary itself"
	default:
		v.Refused = refused(path, info, uid)
	}
	if v.Refused == "" {
		v.Advice = advice(path, info, uid)
	}
	return v
}

// Listed gives the extensions that an autoload file names, as osqueryd reads it: one a line.
func Listed(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the autoload file: %w", err)
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if path := strings.TrimSpace(lines.Text()); path != "" && path[0] != '#' && path[0] != ';' {
			out = append(out, filepath.FromSlash(path))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the autoload file %s: %w", file, err)
	}
	return out, nil
}
