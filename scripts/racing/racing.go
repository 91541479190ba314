// Package racing is for tests that have nothing to show the race detector, since they run in one goroutine or in another program, and would
// take minutes under it.
package racing

import "testing"

// Pointless skips a test under the race detector, and says why.
func Pointless(t *testing.T, why string) {
	t.Helper()
	if On {
		t.Skipf("%s did not run under the race detector: %s", t.Name(), why)
	}
}
