package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// eidBase gives the first event id of this run: above every id that an earlier run can have given, because time moved on
// and because the last base is remembered. A base is Unix seconds shifted by 20 bits, so it stays exact in a JSON number
// and leaves room for a million events a second.
func eidBase(stateDir string) (int64, error) {
	base := time.Now().Unix()
	file := filepath.Join(stateDir, "eid-base")
	if err := makeStateDir(stateDir); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	if old, err := os.ReadFile(file); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(old)), 10, 64); err == nil && n >= base {
			base = n + 1
		}
	}
	next := file + ".new"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(base, 10)+"\n"), 0o600); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	if err := os.Rename(next, file); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	return base << 20, nil
}
