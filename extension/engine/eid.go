package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// maxAhead is how far the counter may be ahead of the clock, in seconds: the clock was set back then. What is further is no counter.
const maxAhead = 10 * 365 * 24 * 3600

// eidBase gives the first event id of this run: above every id that an earlier run can have given, because time moved on
// and because the last base is remembered. A base is Unix seconds shifted by 20 bits, so it stays exact in a JSON number
// and leaves room for a million events a second.
func eidBase(stateDir string) (int64, error) {
	base := time.Now().Unix()
	if err := statefile.MakeDir(stateDir); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	const file = "eid-base"
	if old, err := statefile.Read(stateDir, file); err == nil {
		n, err := strconv.ParseInt(strings.TrimSpace(string(old)), 10, 64)
		if err == nil && n >= base && n < base+maxAhead {
			base = n + 1
		}
	}
	if err := statefile.Replace(stateDir, file, []byte(strconv.FormatInt(base, 10)+"\n")); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	return base << 20, nil
}
