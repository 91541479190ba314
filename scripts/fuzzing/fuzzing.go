// Package fuzzing is what fuzz targets share.
package fuzzing

import (
	"flag"
	"testing"
)

// Quickly bounds how often an input that reached new code is made smaller. By default that may take a minute for each, in which nothing
// new is tried: every part of it is left out in turn, of two kilobytes two million parts. What the command line says holds.
func Quickly(f *testing.F) {
	f.Helper()
	const name, usual = "test.fuzzminimizetime", "1m0s"
	if time := flag.Lookup(name); time != nil && time.Value.String() == usual {
		if err := time.Value.Set("200x"); err != nil {
			f.Fatal(err)
		}
	}
}
