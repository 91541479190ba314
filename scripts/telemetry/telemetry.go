// Package telemetry finds the recordings that are no part of the repository: logs of other people's machines, most under licences that
// forbid a copy here. Tests, benches and the evaluation ask it, so that all find them in one way.
package telemetry

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Variable is the environment variable that holds the folder of the recordings, in which INDEX.json lists them: an array with one object a
// file (path, format, events, techniques, malicious, note, source_repo).
const Variable = "APIWATCH_TELEMETRY"

// ErrUnset says that nobody told where the recordings are.
var ErrUnset = errors.New(Variable + " does not say where the recordings are: set it to the folder that holds their INDEX.json")

// Path gives the path of a file or folder among the recordings, and ErrUnset where none are to be had. That it is named and not there is
// another error.
func Path(elem ...string) (string, error) {
	folder := os.Getenv(Variable)
	if folder == "" {
		return "", ErrUnset
	}
	if !filepath.IsAbs(folder) {
		return "", fmt.Errorf("%s=%s: tests run in folders of their own, give an absolute path", Variable, folder)
	}
	path := filepath.Join(append([]string{folder}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("looking for recordings by %s: %w", Variable, err)
	}
	return path, nil
}

// Test is Path for a test, which it skips where there are no recordings to be had.
func Test(t testing.TB, elem ...string) string {
	t.Helper()
	path, err := Path(elem...)
	switch {
	case errors.Is(err, ErrUnset):
		t.Skipf("did not run: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	return path
}
